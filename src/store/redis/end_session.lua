-- Ends a session. ARGV: the ID. Answers whether there was one.
return end_session(ARGV[2])
