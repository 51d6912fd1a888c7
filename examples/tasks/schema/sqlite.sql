CREATE TABLE tasks (
    -- AUTOINCREMENT: the number of a deleted task is never given to another.
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The `sub` of the token. No foreign key to the users: a token signed with a trusted key of
    -- somebody else names a user who is not in this database.
    owner TEXT    NOT NULL,
    title TEXT    NOT NULL,
    done  INTEGER NOT NULL CHECK (done IN (0, 1))
) STRICT;

CREATE INDEX tasks_by_owner ON tasks (owner);

CREATE TABLE items (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT    NOT NULL
) STRICT;
