-- What the readers do to one cell, in steps; made known to DuckDB as they stand. Each step takes what the step
-- before gave as a column of its own: DuckDB would compute a nested step once for every time that it is named.

-- Step 1, of the raw cell: no blanks and no invisible marks around it; NULL where nothing is left.
CREATE OR REPLACE TEMP MACRO vb_blanks() AS
  E' \t\r\n' || chr(160) || chr(8239) || chr(8199) || chr(8203) || chr(8288) || chr(65279);
CREATE OR REPLACE TEMP MACRO vb_trim(v) AS
  CASE WHEN ascii(v) BETWEEN 33 AND 126 AND ascii(right(v, 1)) BETWEEN 33 AND 126 THEN v
       ELSE nullif(trim(v, vb_blanks()), '') END;

-- Step 2, of the trimmed cell. Text: without the apostrophe that protects a formula in a spreadsheet
-- ('s-Gravenhage keeps its own).
CREATE OR REPLACE TEMP MACRO vb_text(k) AS
  CASE WHEN ascii(k) <> 39 THEN k
       WHEN regexp_matches(k, E'^''[=+\\-@\t\r]') THEN nullif(trim(substr(k, 2), vb_blanks()), '') ELSE k END;
-- An identifier: an apostrophe before a digit protects it as well, and "NULL" is nobody.
CREATE OR REPLACE TEMP MACRO vb_id(k) AS
  CASE WHEN length(k) <= 4 AND lower(k) IN ('null', 'none', 'nan', '#n/a', '#n/b', '<na>', 'n/a') THEN NULL
       WHEN ascii(k) = 39 AND regexp_matches(k, E'^''[=+\\-@\t\r0-9]')
       THEN nullif(trim(substr(k, 2), vb_blanks()), '')
       ELSE k END;
-- An e-mail address, so that files of several products meet; people without one are nobody.
CREATE OR REPLACE TEMP MACRO vb_email(k) AS
  CASE WHEN lower(k) IN ('anonymous', 'anoniem') THEN NULL ELSE lower(vb_id(k)) END;
-- Where a number, a date or a yes is expected, some cells say that nothing is there.
CREATE OR REPLACE TEMP MACRO vb_known(k) AS
  CASE WHEN ascii(k) BETWEEN 49 AND 57 THEN k
       WHEN lower(k) IN ('na', 'n/a', '#n/a', '#n/b', 'null', 'none', 'nan', 'nat', '<na>', 'n.v.t.', 'nvt', '-',
         '--', '.', '0000-00-00', '0000-00-00 00:00:00') THEN NULL
       WHEN ascii(k) = 39 THEN nullif(trim(substr(k, 2), vb_blanks()), '')
       ELSE k END;

-- Typographic minus signs, blanks and apostrophes as those of a keyboard.
CREATE OR REPLACE TEMP MACRO vb_keyed(n) AS
  CASE WHEN strlen(n) = length(n) THEN lower(n)
       ELSE translate(lower(n), chr(8722) || chr(8211) || chr(160) || chr(8239) || chr(8201) || chr(8217),
                      '--   ''') END;
-- NaN and infinity are no numbers.
CREATE OR REPLACE TEMP MACRO vb_finite(x) AS CASE WHEN isfinite(x) THEN x END;

-- Step 3, of the known cell. A number as people write it: sign, digits and marks; currency, "12,-" and a minus
-- at the end are dealt with.
CREATE OR REPLACE TEMP MACRO vb_figure(n) AS
  CASE WHEN regexp_full_match(n, '-?[0-9]+([.,][0-9]+)?') THEN n
       ELSE regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
         vb_keyed(n),
         '^([-+]?)\s*(€|\$|£|eur|euro|usd|us\$|gbp|chf)\s*', '\1'),
         '\s*(€|\$|£|eur|euro|usd|gbp|chf)$', ''),
         ',-{1,2}$', ''),
         '^([0-9].*)-$', '-\1'),
         '^(-|\+)\s*', CASE WHEN starts_with(n, '+') THEN '' ELSE '\1' END) END;
-- An answer: a number, alone or with its label ("5 - helemaal mee eens", "agree (6)"); not "1-2 times".
CREATE OR REPLACE TEMP MACRO vb_answer(n) AS
  vb_finite(try_cast(replace(
    CASE WHEN regexp_full_match(n, '-?[0-9]+([.,][0-9]+)?') THEN n
         WHEN regexp_full_match(n, '(?s)\(?-?[0-9]+([.,][0-9]+)?\)?(\s*[-–—=:.)|]\s*|\s+)[^-–—0-9\s].*')
         THEN regexp_extract(n, '-?[0-9]+([.,][0-9]+)?')
         WHEN regexp_full_match(n, '(?s)[^0-9]*[^0-9\s(]\s*([-–—=:]\s*|\()[0-9]+\)?')
         THEN regexp_extract(n, '[0-9]+')
    END, ',', '.') AS DOUBLE));
-- An answer in words, as it is compared with the words of the mapping.
CREATE OR REPLACE TEMP MACRO vb_label(v) AS
  lower(trim(regexp_replace(translate(v, chr(160) || chr(8239), '  '), '\s+', ' ', 'g')));
CREATE OR REPLACE TEMP MACRO vb_yes(n) AS
  CASE WHEN lower(n) IN ('1', 'ja', 'j', 'yes', 'y', 'true', 't', 'waar', 'x', '1.0') THEN true
       WHEN lower(n) IN ('0', 'nee', 'n', 'no', 'false', 'f', 'onwaar', '0.0') THEN false END;

-- Step 4, the two readings of a figure: with a decimal comma, with a decimal point. NULL: it does not read so.
-- The first two cases are the usual ones, and quick.
CREATE OR REPLACE TEMP MACRO vb_comma(f) AS
  CASE WHEN regexp_full_match(f, '-?[0-9]+(,[0-9]+)?') THEN vb_finite(try_cast(replace(f, ',', '.') AS DOUBLE))
       WHEN regexp_full_match(f, '-?[0-9]+\.[0-9]{1,2}') THEN NULL
       WHEN regexp_full_match(f, '-?([0-9]+|[1-9][0-9]{0,2}((\.[0-9]{3})+|( [0-9]{3})+|(''[0-9]{3})+))(,[0-9]+)?(e[-+]?[0-9]+)?|-?,[0-9]+')
       THEN vb_finite(try_cast(replace(replace(replace(replace(f, '.', ''), ' ', ''), '''', ''), ',', '.') AS DOUBLE)) END;
CREATE OR REPLACE TEMP MACRO vb_point(f) AS
  CASE WHEN regexp_full_match(f, '-?[0-9]+(\.[0-9]+)?') THEN vb_finite(try_cast(f AS DOUBLE))
       WHEN regexp_full_match(f, '-?[0-9]+,[0-9]{1,2}') THEN NULL
       WHEN regexp_full_match(f, '-?([0-9]+|[1-9][0-9]{0,2}((,[0-9]{3})+|( [0-9]{3})+|(''[0-9]{3})+))(\.[0-9]+)?(e[-+]?[0-9]+)?|-?\.[0-9]+')
       THEN vb_finite(try_cast(replace(replace(replace(f, ',', ''), ' ', ''), '''', '') AS DOUBLE)) END;
-- The shape of a moment (which is a keyed cell): every digit a 9.
CREATE OR REPLACE TEMP MACRO vb_shape(m) AS translate(m, '0123456789', '9999999999');
