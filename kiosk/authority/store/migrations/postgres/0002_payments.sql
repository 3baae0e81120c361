-- The twin of sqlite/0002_payments.sql; what its tables are for stands there too.
-- Spending: merchants and their keys, payments, what they post, checkouts, webhooks; limits per shop and alerts about anybody.
-- A payment is rows of spend, appended only: each row is an operation on one card, its postings, its place in the merchant's feed
-- and the record of its idempotency key. A charge descends seven B-trees: its own key, the card and
-- the card's codes when it is read, the card and three of spend when it is written.

ALTER TABLE card ADD COLUMN wrong_codes BIGINT NOT NULL DEFAULT 0 CHECK(wrong_codes >= 0);
ALTER TABLE card ADD COLUMN locked_until_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE card ADD COLUMN codes_bound BIGINT NOT NULL DEFAULT 0;

-- what never changes of a lot, beside the tags: a payment asks neither pack nor lot. The audit compares it with both
ALTER TABLE card_codes
  ADD COLUMN lot_no BIGINT,
  ADD COLUMN currency TEXT COLLATE "C" CHECK(length(currency) = 3);
UPDATE card_codes k SET lot_no = l.lot_no, currency = l.currency
  FROM card c JOIN pack p ON p.pack = c.pack JOIN lot l ON l.lot_no = p.lot_no
 WHERE c.card_id = k.card_id;
ALTER TABLE card_codes ALTER COLUMN lot_no SET NOT NULL, ALTER COLUMN currency SET NOT NULL;

CREATE TABLE merchant(
  merchant_no BIGINT PRIMARY KEY CHECK(merchant_no > 0),
  merchant_id TEXT COLLATE "C" NOT NULL UNIQUE,
  name TEXT COLLATE "C" NOT NULL,
  site TEXT COLLATE "C" NOT NULL,
  direct BIGINT NOT NULL CHECK(direct IN (0, 1)),
  webhook_url TEXT COLLATE "C",
  suspended_ms BIGINT,
  added_ms BIGINT NOT NULL
);

-- a shared secret is derived from the master key and the key's id, and stands nowhere; of a P-256 key only the public point is known
CREATE TABLE merchant_key(
  key_id TEXT COLLATE "C" PRIMARY KEY,
  merchant_no BIGINT NOT NULL REFERENCES merchant,
  algorithm TEXT COLLATE "C" NOT NULL CHECK(algorithm IN ('hmac-sha256', 'ecdsa-p256-sha256')),
  point BYTEA CHECK(length(point) = 65),
  test BIGINT NOT NULL CHECK(test IN (0, 1)),
  added_ms BIGINT NOT NULL,
  revoked_ms BIGINT,
  CHECK((algorithm = 'hmac-sha256') = (point IS NULL))
);

-- how a captured amount is shared, in hundredths of a percent; without a merchant it is everybody's. Never altered: a new one
-- from a date on
CREATE TABLE contract(
  contract_no BIGINT PRIMARY KEY CHECK(contract_no > 0),
  merchant_no BIGINT REFERENCES merchant,
  from_ms BIGINT NOT NULL,
  merchant_share BIGINT NOT NULL CHECK(merchant_share BETWEEN 0 AND 10000),
  distribution_share BIGINT NOT NULL CHECK(distribution_share BETWEEN 0 AND 10000),
  added_ms BIGINT NOT NULL,
  CHECK(merchant_share + distribution_share <= 10000)
);
INSERT INTO contract VALUES (1, NULL, 0, 8000, 1200, 0);

-- the one counter of all spending: taken first in every transaction that spends, so that numbers become visible in their order
CREATE TABLE spend_counter(one BIGINT PRIMARY KEY CHECK(one = 1), seq BIGINT NOT NULL);
INSERT INTO spend_counter VALUES (1, 0);

-- an operation happens to a card once, says the key: a second effect of an idempotency key is refused here too, whoever asks
CREATE TABLE spend(
  card_id BIGINT NOT NULL,
  seq BIGINT NOT NULL CHECK(seq > 0),
  kind TEXT COLLATE "C" NOT NULL CHECK(kind IN (@spends@)),
  leg BIGINT NOT NULL CHECK(leg > 0),
  payment_id BYTEA NOT NULL CHECK(length(payment_id) = 16),
  op_id BYTEA NOT NULL CHECK(length(op_id) = 16),
  fingerprint BYTEA NOT NULL CHECK(length(fingerprint) = 16),
  merchant_no BIGINT NOT NULL,
  code_no BIGINT CHECK(code_no > 0),
  currency TEXT COLLATE "C" NOT NULL CHECK(length(currency) = 3),
  amount_minor BIGINT NOT NULL CHECK(amount_minor >= 0),
  released_minor BIGINT NOT NULL DEFAULT 0 CHECK(released_minor >= 0),
  merchant_minor BIGINT NOT NULL DEFAULT 0 CHECK(merchant_minor >= 0),
  distribution_minor BIGINT NOT NULL DEFAULT 0 CHECK(distribution_minor >= 0),
  contract_no BIGINT,
  balance_minor BIGINT NOT NULL DEFAULT 0 CHECK(balance_minor >= 0),
  until_ms BIGINT,
  at_ms BIGINT NOT NULL,
  reason TEXT COLLATE "C" CHECK(reason IN (@spend_reasons@)),
  reference TEXT COLLATE "C",
  test BIGINT NOT NULL CHECK(test IN (0, 1)),
  PRIMARY KEY(op_id, card_id),
  CHECK((kind IN ('declined', 'refused')) = (reason IS NOT NULL)),
  CHECK((kind = 'authorized') = (until_ms IS NOT NULL)),
  CHECK(released_minor = 0 OR kind = 'captured'),
  CHECK(merchant_minor + distribution_minor <= amount_minor),
  CHECK(merchant_minor + distribution_minor = 0 OR kind IN ('charged', 'captured', 'refunded'))
);
-- what followed a payment; what began it is found by its key, for then op_id is payment_id
CREATE INDEX spend_payment ON spend(payment_id) WHERE payment_id <> op_id;
CREATE INDEX spend_feed ON spend(merchant_no, seq);
-- belt and braces behind the card's bitmap: a code buys once. Rows without a code are in it too: it leads to all that a card did
CREATE UNIQUE INDEX spend_code ON spend(card_id, code_no);

CREATE TRIGGER spend_stays BEFORE UPDATE ON spend FOR EACH ROW EXECUTE FUNCTION stays();
CREATE TRIGGER spend_is_kept BEFORE DELETE ON spend FOR EACH ROW EXECUTE FUNCTION stays();
CREATE TRIGGER spend_is_not_emptied BEFORE TRUNCATE ON spend EXECUTE FUNCTION stays();

-- authorizations whose window runs: looked through for those that lapsed
CREATE TABLE open_authorization(
  card_id BIGINT NOT NULL,
  payment_id BYTEA NOT NULL CHECK(length(payment_id) = 16),
  amount_minor BIGINT NOT NULL CHECK(amount_minor > 0),
  until_ms BIGINT NOT NULL,
  test BIGINT NOT NULL CHECK(test IN (0, 1)),
  PRIMARY KEY(card_id, payment_id)
);
CREATE INDEX open_authorization_until ON open_authorization(until_ms);

-- codes that a merchant has seen and that bought nothing then: for whose purchase each is kept, and until when. Rows stay: afterwards
-- they are the reason why a code is dead. Marked in codes_bound of the card
CREATE TABLE code_binding(
  card_id BIGINT NOT NULL REFERENCES card,
  code_no BIGINT NOT NULL CHECK(code_no > 0),
  merchant_no BIGINT NOT NULL REFERENCES merchant,
  reference TEXT COLLATE "C",
  amount_minor BIGINT NOT NULL CHECK(amount_minor > 0),
  until_ms BIGINT NOT NULL,
  PRIMARY KEY(card_id, code_no)
);

-- what a merchant asks a shopper to pay on our page; home of the attempt that is being made, so that two windows pay once
CREATE TABLE checkout(
  checkout_id TEXT COLLATE "C" PRIMARY KEY,
  merchant_no BIGINT NOT NULL REFERENCES merchant,
  op_id BYTEA NOT NULL UNIQUE CHECK(length(op_id) = 16),
  fingerprint BYTEA NOT NULL CHECK(length(fingerprint) = 16),
  amount_minor BIGINT NOT NULL CHECK(amount_minor > 0),
  currency TEXT COLLATE "C" NOT NULL CHECK(length(currency) = 3),
  title TEXT COLLATE "C" NOT NULL,
  reference TEXT COLLATE "C",
  return_url TEXT COLLATE "C" NOT NULL,
  cancel_url TEXT COLLATE "C" NOT NULL,
  capture BIGINT NOT NULL CHECK(capture IN (0, 1)),
  window_s BIGINT NOT NULL CHECK(window_s > 0),
  language TEXT COLLATE "C" NOT NULL,
  test BIGINT NOT NULL CHECK(test IN (0, 1)),
  state TEXT COLLATE "C" NOT NULL CHECK(state IN ('open', 'paying', 'paid', 'cancelled')),
  attempt BIGINT NOT NULL DEFAULT 0 CHECK(attempt >= 0),
  payment_id BYTEA CHECK(length(payment_id) = 16),
  created_ms BIGINT NOT NULL,
  until_ms BIGINT NOT NULL,
  CHECK((state = 'paid') <= (payment_id IS NOT NULL))
);

-- how far a merchant's site has been told; what it has not acknowledged is told again
CREATE TABLE webhook(
  merchant_no BIGINT PRIMARY KEY REFERENCES merchant,
  seq BIGINT NOT NULL DEFAULT 0,
  tries BIGINT NOT NULL DEFAULT 0,
  next_ms BIGINT NOT NULL DEFAULT 0,
  last_status TEXT COLLATE "C"
);

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
ALTER TABLE line ADD COLUMN nth_shop BIGINT;
CREATE UNIQUE INDEX line_nth_shop ON line(shop_id, nth_shop) WHERE nth_shop IS NOT NULL;

-- an alert names whom it is about; the same one within an hour is one
ALTER TABLE alert
  ALTER COLUMN terminal_id DROP NOT NULL,
  ADD COLUMN shop_id TEXT COLLATE "C",
  ADD COLUMN merchant_no BIGINT,
  ADD COLUMN detail TEXT COLLATE "C",
  ADD COLUMN seen_ms BIGINT;
CREATE INDEX alert_recent ON alert(kind, at_ms);

-- what a batch of payments was decided on: if it does not hold any more, the statement undoes itself and is decided anew
CREATE FUNCTION facts_hold(held BOOLEAN) RETURNS BOOLEAN LANGUAGE plpgsql AS $$
BEGIN
  IF NOT held THEN
    RAISE EXCEPTION 'the facts changed' USING ERRCODE = '40001';
  END IF;
  RETURN true;
END $$;

-- a batch travels as one array of each of these: a column an array took two and a half times as long to send
CREATE TYPE spend_row AS (
  card_id BIGINT, seq BIGINT, kind TEXT, leg BIGINT, payment_id BYTEA, op_id BYTEA, fingerprint BYTEA, merchant_no BIGINT, code_no BIGINT,
  currency TEXT, amount_minor BIGINT, released_minor BIGINT, merchant_minor BIGINT, distribution_minor BIGINT, contract_no BIGINT,
  balance_minor BIGINT, until_ms BIGINT, at_ms BIGINT, reason TEXT, reference TEXT, test BIGINT
);
CREATE TYPE card_change AS (
  card_id BIGINT, balance BIGINT, used BIGINT, open BIGINT, balance_was BIGINT, used_was BIGINT, open_was BIGINT
);
