-- HMAC-SHA256 (RFC 2104) of a text, cut to 32 hexadecimal digits; the pads stand in a temporary table.
CREATE OR REPLACE TEMP MACRO keyed_hash(x) AS left(
    sha256(
        (SELECT outer_pad FROM archive_key)
        || unhex(sha256((SELECT inner_pad FROM archive_key) || encode(x)))
    ),
    32
);
-- An e-mail address is one address whatever its capitals.
CREATE OR REPLACE TEMP MACRO pseudonym(x) AS keyed_hash(
    CASE WHEN contains(x, '@') THEN lower(trim(x)) ELSE x END
);
-- What stays of somebody who was erased.
CREATE OR REPLACE TEMP MACRO tombstone(x) AS keyed_hash('erased ' || x);
