#!/usr/bin/env bash
# Moves what is in an SQLite file to PostgreSQL: the tables of tower-bearer, and others whose names
# are given. MIGRATING-TO-POSTGRES.md, beside this, says when and how.
#
#     sqlite-to-postgres.sh app.db postgres://user@host/db [table ..]
#
# Needs sqlite3 (3.38 or newer) and psql. It only reads the file. In PostgreSQL all of it is one
# transaction, so that a fault leaves everything as it was.
set -euo pipefail

if (($# < 2)); then
    echo "usage: $0 file.db postgres-url [table ..]" >&2
    exit 2
fi
readonly FILE=$1 URL=$2
shift 2

main() {
    local tables
    # Those without a foreign key first.
    tables=$(sqlite "SELECT name FROM sqlite_schema s WHERE type = 'table'
        AND name LIKE 'tower_bearer_%' AND name <> 'tower_bearer_migrations'
        ORDER BY (SELECT count(*) FROM pragma_foreign_key_list(s.name)), name")
    # shellcheck disable=SC2086 # one name a line
    script $tables "$@" | psql -X -q -v ON_ERROR_STOP=1 "$URL"
}

# What psql is to do. Each row is a line of JSON, in which there is no control character. Without the
# COMMIT at the end, which a fault before it leaves out, nothing happens.
script() {
    cat <<'SQL'
BEGIN;
CREATE TEMP TABLE moved (
    at    bigint GENERATED ALWAYS AS IDENTITY,
    place text   NOT NULL,
    line  jsonb  NOT NULL
) ON COMMIT DROP;
COPY moved (place, line) FROM STDIN WITH (FORMAT csv, DELIMITER E'\x02', QUOTE E'\x01');
SQL
    local table
    for table; do
        rows "$table"
    done
    echo '\.'
    place_all
    echo 'COMMIT;'
}

# A line that names the table, the highest number that AUTOINCREMENT has given, and the rows.
rows() {
    local members highest=NULL
    members=$(sqlite "SELECT group_concat('''' || name || ''', ' || CASE type
            WHEN 'BLOB' THEN 'CASE WHEN \"' || name || '\" NOTNULL THEN hex(\"' || name || '\") END'
            ELSE '\"' || name || '\"' END, ', ')
        FROM pragma_table_info('$1')")
    if [[ -z $members ]]; then
        echo "$FILE has no table $1" >&2
        return 1
    fi
    if [[ $(sqlite "SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_sequence'") != 0 ]]; then
        highest="(SELECT seq FROM sqlite_sequence WHERE name = '$1')"
    fi
    sqlite "SELECT '$1' || char(2) || json_object('highest number', $highest);
        SELECT '$1' || char(2) || json_object($members) FROM \"$1\""
}

place_all() {
    cat <<'SQL'
DO $$
DECLARE
    target text;
    targets text;
    sources text;
    missing text;
    number text;
    highest bigint;
    counted bigint;
BEGIN
    FOR target IN SELECT place FROM moved GROUP BY place ORDER BY min(at) LOOP
        EXECUTE format('SELECT count(*) FROM (SELECT FROM %I LIMIT 1) one', target) INTO counted;
        IF counted > 0 THEN
            RAISE EXCEPTION 'the table % is not empty', target;
        END IF;
        CREATE TEMP TABLE names AS
            SELECT DISTINCT jsonb_object_keys(line) AS name FROM moved
            WHERE place = target AND NOT line ? 'highest number';
        SELECT string_agg(name, ', ') INTO missing FROM names WHERE NOT EXISTS (
            SELECT FROM pg_attribute WHERE attrelid = quote_ident(target)::regclass
            AND attname = name AND attnum > 0 AND NOT attisdropped);
        IF missing IS NOT NULL THEN
            RAISE EXCEPTION 'the table % has no column %: it is of another version', target, missing;
        END IF;
        SELECT string_agg(quote_ident(name), ', '),
            string_agg(CASE format_type(atttypid, atttypmod)
                WHEN 'bytea' THEN format('decode(line->>%L, ''hex'')', name)
                WHEN 'text[]' THEN
                    format('ARRAY(SELECT jsonb_array_elements_text((line->>%L)::jsonb))', name)
                ELSE format('(line->>%L)::%s', name, format_type(atttypid, atttypmod)) END, ', ')
            INTO targets, sources
            FROM names JOIN pg_attribute
            ON attrelid = quote_ident(target)::regclass AND attname = name;
        DROP TABLE names;
        counted := 0;
        IF targets IS NOT NULL THEN
            EXECUTE format('INSERT INTO %I (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM moved
                WHERE place = $1 AND NOT line ? ''highest number'' ORDER BY at',
                target, targets, sources) USING target;
            GET DIAGNOSTICS counted = ROW_COUNT;
        END IF;
        SELECT (line->>'highest number')::bigint INTO highest FROM moved
            WHERE place = target AND line ? 'highest number';
        SELECT pg_get_serial_sequence(quote_ident(target), attname) INTO number FROM pg_attribute
            WHERE attrelid = quote_ident(target)::regclass AND attnum > 0
            AND pg_get_serial_sequence(quote_ident(target), attname) IS NOT NULL;
        -- No number is given twice, that of a deleted row neither.
        IF number IS NOT NULL AND highest IS NOT NULL THEN
            PERFORM setval(number, highest);
        END IF;
        RAISE NOTICE '%: % rows', target, counted;
    END LOOP;
END
$$;
SQL
}

sqlite() {
    sqlite3 -batch -readonly -noheader "$FILE" "$1"
}

main "$@"
