-- Spending: merchants and their keys, payments, what they post, checkouts, webhooks; limits per shop and alerts about anybody.
-- A payment is rows of spend, appended only: each row is an operation on one card, its postings, its place in the merchant's feed
-- and the record of its idempotency key. A charge descends seven B-trees: its own key, the card and
-- the card's codes when it is read, the card and three of spend when it is written.

ALTER TABLE card ADD COLUMN wrong_codes INTEGER NOT NULL DEFAULT 0 CHECK(wrong_codes >= 0);
ALTER TABLE card ADD COLUMN locked_until_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE card ADD COLUMN codes_bound INTEGER NOT NULL DEFAULT 0;

-- what never changes of a lot, beside the tags: a payment asks neither pack nor lot. The audit compares it with both
CREATE TABLE card_codes_2(
  card_id INTEGER PRIMARY KEY REFERENCES card,
  tags BLOB NOT NULL,
  lot_no INTEGER NOT NULL,
  currency TEXT NOT NULL CHECK(length(currency) = 3)
) STRICT;
-- outer joins: tags whose lot is unknown stop the step, they are not left behind
INSERT INTO card_codes_2
  SELECT k.card_id, k.tags, p.lot_no, l.currency
    FROM card_codes k LEFT JOIN card c ON c.card_id = k.card_id LEFT JOIN pack p ON p.pack = c.pack
    LEFT JOIN lot l ON l.lot_no = p.lot_no
   ORDER BY k.card_id;
DROP TABLE card_codes;
ALTER TABLE card_codes_2 RENAME TO card_codes;

CREATE TABLE merchant(
  merchant_no INTEGER PRIMARY KEY CHECK(merchant_no > 0),
  merchant_id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  site TEXT NOT NULL,
  direct INTEGER NOT NULL CHECK(direct IN (0, 1)),
  webhook_url TEXT,
  suspended_ms INTEGER,
  added_ms INTEGER NOT NULL
) STRICT;

-- a shared secret is derived from the master key and the key's id, and stands nowhere; of a P-256 key only the public point is known
CREATE TABLE merchant_key(
  key_id TEXT PRIMARY KEY,
  merchant_no INTEGER NOT NULL REFERENCES merchant,
  algorithm TEXT NOT NULL CHECK(algorithm IN ('hmac-sha256', 'ecdsa-p256-sha256')),
  point BLOB CHECK(length(point) = 65),
  test INTEGER NOT NULL CHECK(test IN (0, 1)),
  added_ms INTEGER NOT NULL,
  revoked_ms INTEGER,
  CHECK((algorithm = 'hmac-sha256') = (point IS NULL))
) STRICT, WITHOUT ROWID;

-- how a captured amount is shared, in hundredths of a percent; without a merchant it is everybody's. Never altered: a new one from a date on
CREATE TABLE contract(
  contract_no INTEGER PRIMARY KEY CHECK(contract_no > 0),
  merchant_no INTEGER REFERENCES merchant,
  from_ms INTEGER NOT NULL,
  merchant_share INTEGER NOT NULL CHECK(merchant_share BETWEEN 0 AND 10000),
  distribution_share INTEGER NOT NULL CHECK(distribution_share BETWEEN 0 AND 10000),
  added_ms INTEGER NOT NULL,
  CHECK(merchant_share + distribution_share <= 10000)
) STRICT;
INSERT INTO contract VALUES (1, NULL, 0, 8000, 1200, 0);

-- the one counter of all spending: taken first in every transaction that spends, so that numbers become visible in their order
CREATE TABLE spend_counter(one INTEGER PRIMARY KEY CHECK(one = 1), seq INTEGER NOT NULL) STRICT;
INSERT INTO spend_counter VALUES (1, 0);

-- an operation happens to a card once, says the key: a second effect of an idempotency key is refused here too, whoever asks
CREATE TABLE spend(
  card_id INTEGER NOT NULL,
  seq INTEGER NOT NULL CHECK(seq > 0),
  kind TEXT NOT NULL CHECK(kind IN (@spends@)),
  leg INTEGER NOT NULL CHECK(leg > 0),
  payment_id BLOB NOT NULL CHECK(length(payment_id) = 16),
  op_id BLOB NOT NULL CHECK(length(op_id) = 16),
  fingerprint BLOB NOT NULL CHECK(length(fingerprint) = 16),
  merchant_no INTEGER NOT NULL,
  code_no INTEGER CHECK(code_no > 0),
  currency TEXT NOT NULL CHECK(length(currency) = 3),
  amount_minor INTEGER NOT NULL CHECK(amount_minor >= 0),
  released_minor INTEGER NOT NULL DEFAULT 0 CHECK(released_minor >= 0),
  merchant_minor INTEGER NOT NULL DEFAULT 0 CHECK(merchant_minor >= 0),
  distribution_minor INTEGER NOT NULL DEFAULT 0 CHECK(distribution_minor >= 0),
  contract_no INTEGER,
  balance_minor INTEGER NOT NULL DEFAULT 0 CHECK(balance_minor >= 0),
  until_ms INTEGER,
  at_ms INTEGER NOT NULL,
  reason TEXT CHECK(reason IN (@spend_reasons@)),
  reference TEXT,
  test INTEGER NOT NULL CHECK(test IN (0, 1)),
  PRIMARY KEY(op_id, card_id),
  CHECK((kind IN ('declined', 'refused')) = (reason IS NOT NULL)),
  CHECK((kind = 'authorized') = (until_ms IS NOT NULL)),
  CHECK(released_minor = 0 OR kind = 'captured'),
  CHECK(merchant_minor + distribution_minor <= amount_minor),
  CHECK(merchant_minor + distribution_minor = 0 OR kind IN ('charged', 'captured', 'refunded'))
) STRICT;
-- what followed a payment; what began it is found by its key, for then op_id is payment_id
CREATE INDEX spend_payment ON spend(payment_id) WHERE payment_id <> op_id;
CREATE INDEX spend_feed ON spend(merchant_no, seq);
-- belt and braces behind the card's bitmap: a code buys once. Rows without a code are in it too: it leads to all that a card did
CREATE UNIQUE INDEX spend_code ON spend(card_id, code_no);

CREATE TRIGGER spend_stays BEFORE UPDATE ON spend BEGIN SELECT RAISE(ABORT, 'the books are append-only'); END;
CREATE TRIGGER spend_is_kept BEFORE DELETE ON spend BEGIN SELECT RAISE(ABORT, 'the books are append-only'); END;

-- authorizations whose window runs: looked through for those that lapsed
CREATE TABLE open_authorization(
  card_id INTEGER NOT NULL,
  payment_id BLOB NOT NULL CHECK(length(payment_id) = 16),
  amount_minor INTEGER NOT NULL CHECK(amount_minor > 0),
  until_ms INTEGER NOT NULL,
  test INTEGER NOT NULL CHECK(test IN (0, 1)),
  PRIMARY KEY(card_id, payment_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX open_authorization_until ON open_authorization(until_ms);

-- codes that a merchant has seen and that bought nothing then: for whose purchase each is kept, and until when. Rows stay: afterwards
-- they are the reason why a code is dead. Marked in codes_bound of the card
CREATE TABLE code_binding(
  card_id INTEGER NOT NULL REFERENCES card,
  code_no INTEGER NOT NULL CHECK(code_no > 0),
  merchant_no INTEGER NOT NULL REFERENCES merchant,
  reference TEXT,
  amount_minor INTEGER NOT NULL CHECK(amount_minor > 0),
  until_ms INTEGER NOT NULL,
  PRIMARY KEY(card_id, code_no)
) STRICT, WITHOUT ROWID;

-- what a merchant asks a shopper to pay on our page; home of the attempt that is being made, so that two windows pay once
CREATE TABLE checkout(
  checkout_id TEXT PRIMARY KEY,
  merchant_no INTEGER NOT NULL REFERENCES merchant,
  op_id BLOB NOT NULL UNIQUE CHECK(length(op_id) = 16),
  fingerprint BLOB NOT NULL CHECK(length(fingerprint) = 16),
  amount_minor INTEGER NOT NULL CHECK(amount_minor > 0),
  currency TEXT NOT NULL CHECK(length(currency) = 3),
  title TEXT NOT NULL,
  reference TEXT,
  return_url TEXT NOT NULL,
  cancel_url TEXT NOT NULL,
  capture INTEGER NOT NULL CHECK(capture IN (0, 1)),
  window_s INTEGER NOT NULL CHECK(window_s > 0),
  language TEXT NOT NULL,
  test INTEGER NOT NULL CHECK(test IN (0, 1)),
  state TEXT NOT NULL CHECK(state IN ('open', 'paying', 'paid', 'cancelled')),
  attempt INTEGER NOT NULL DEFAULT 0 CHECK(attempt >= 0),
  payment_id BLOB CHECK(length(payment_id) = 16),
  created_ms INTEGER NOT NULL,
  until_ms INTEGER NOT NULL,
  CHECK((state = 'paid') <= (payment_id IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- how far a merchant's site has been told; what it has not acknowledged is told again
CREATE TABLE webhook(
  merchant_no INTEGER PRIMARY KEY REFERENCES merchant,
  seq INTEGER NOT NULL DEFAULT 0,
  tries INTEGER NOT NULL DEFAULT 0,
  next_ms INTEGER NOT NULL DEFAULT 0,
  last_status TEXT
) STRICT;

-- the books as one list of postings: a debit is positive. Made from the columns of a row, so that it sums to zero by construction
CREATE VIEW ledger AS
  SELECT card_id, no AS ref, account, amount_minor, currency FROM posting
  UNION ALL
  SELECT card_id, seq, 'card-liability/' || currency, amount_minor, currency FROM spend
   WHERE test = 0 AND kind IN ('authorized', 'charged')
  UNION ALL
  SELECT card_id, seq, 'authorized/' || currency, -amount_minor, currency FROM spend WHERE test = 0 AND kind = 'authorized'
  UNION ALL
  SELECT card_id, seq, 'authorized/' || currency, amount_minor + released_minor, currency FROM spend
   WHERE test = 0 AND kind IN ('captured', 'cancelled', 'returned')
  UNION ALL
  SELECT card_id, seq, 'card-liability/' || currency, -released_minor, currency FROM spend
   WHERE test = 0 AND kind = 'captured' AND released_minor > 0
  UNION ALL
  SELECT card_id, seq, 'card-liability/' || currency, -amount_minor, currency FROM spend
   WHERE test = 0 AND kind IN ('cancelled', 'returned', 'refunded')
  UNION ALL
  SELECT s.card_id, s.seq, 'merchant/' || s.currency || '/' || m.merchant_id,
         CASE s.kind WHEN 'refunded' THEN s.merchant_minor ELSE -s.merchant_minor END, s.currency
    FROM spend s JOIN merchant m ON m.merchant_no = s.merchant_no
   WHERE s.test = 0 AND s.kind IN ('charged', 'captured', 'refunded')
  UNION ALL
  SELECT card_id, seq, 'distribution/' || currency,
         CASE kind WHEN 'refunded' THEN distribution_minor ELSE -distribution_minor END, currency FROM spend
   WHERE test = 0 AND kind IN ('charged', 'captured', 'refunded')
  UNION ALL
  SELECT card_id, seq, 'scheme/' || currency,
         CASE kind WHEN 'refunded' THEN amount_minor - merchant_minor - distribution_minor
                   ELSE merchant_minor + distribution_minor - amount_minor END, currency FROM spend
   WHERE test = 0 AND kind IN ('charged', 'captured', 'refunded');

-- the shop's activations counted beside its terminals', for the rolling limit of a shop with several tills
ALTER TABLE line ADD COLUMN nth_shop INTEGER;
CREATE UNIQUE INDEX line_nth_shop ON line(shop_id, nth_shop) WHERE nth_shop IS NOT NULL;

-- an alert names whom it is about; the same one within an hour is one
CREATE TABLE alert_2(
  alert_no INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  terminal_id TEXT,
  shop_id TEXT,
  merchant_no INTEGER,
  card_id INTEGER,
  detail TEXT,
  at_ms INTEGER NOT NULL,
  seen_ms INTEGER
) STRICT;
INSERT INTO alert_2(alert_no, kind, terminal_id, card_id, at_ms) SELECT alert_no, kind, terminal_id, card_id, at_ms FROM alert;
DROP TABLE alert;
ALTER TABLE alert_2 RENAME TO alert;
CREATE INDEX alert_recent ON alert(kind, at_ms);
