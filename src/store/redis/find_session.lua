-- A session with its token. ARGV: the ID.
return find_session(ARGV[2])
