-- The authority's first schema for PostgreSQL: the twin of sqlite/0001_first.sql, with the same tables, columns and rules, so that the
-- same statements do the same. Names in @…@ are lists of allowed words, put in from the enums of kiosk.domain when the file is applied.
-- Never altered after a release; what changes is a new file, in both folders under one number.
-- Whole numbers are BIGINT everywhere, truth is 0 or 1, and text is compared byte by byte (COLLATE "C"), as SQLite does.

CREATE TABLE schema_version(
  version BIGINT PRIMARY KEY,
  applied_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

-- what was written once stays: no UPDATE, DELETE or TRUNCATE on the tables that name it as their trigger
CREATE FUNCTION stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TABLE meta(
  name TEXT COLLATE "C" PRIMARY KEY,
  value TEXT COLLATE "C" NOT NULL
);

CREATE TABLE lot(
  lot_no BIGINT PRIMARY KEY CHECK(lot_no > 0),
  series TEXT COLLATE "C" NOT NULL CHECK(length(series) = 2),
  currency TEXT COLLATE "C" NOT NULL CHECK(length(currency) = 3),
  face_minor BIGINT NOT NULL CHECK(face_minor > 0),
  codes BIGINT NOT NULL CHECK(codes BETWEEN 1 AND 62),
  valid_months BIGINT NOT NULL CHECK(valid_months > 0),
  cards BIGINT NOT NULL CHECK(cards > 0),
  made_ms BIGINT NOT NULL,
  manifest_sha256 BYTEA NOT NULL CHECK(length(manifest_sha256) = 32)
);

CREATE TABLE shop(
  shop_id TEXT COLLATE "C" PRIMARY KEY,
  name TEXT COLLATE "C" NOT NULL,
  address TEXT COLLATE "C" NOT NULL,
  siret TEXT COLLATE "C" NOT NULL,
  naf TEXT COLLATE "C" NOT NULL,
  vat_id TEXT COLLATE "C" NOT NULL,
  currency TEXT COLLATE "C" NOT NULL CHECK(length(currency) = 3),
  trusted BIGINT NOT NULL CHECK(trusted IN (0, 1)),
  added_ms BIGINT NOT NULL
);

CREATE TABLE terminal(
  terminal_id TEXT COLLATE "C" PRIMARY KEY,
  shop_id TEXT COLLATE "C" NOT NULL REFERENCES shop,
  till_name TEXT COLLATE "C" NOT NULL,
  epoch BIGINT NOT NULL CHECK(epoch > 0),
  request_key BYTEA NOT NULL UNIQUE CHECK(length(request_key) = 65),
  journal_key BYTEA NOT NULL UNIQUE CHECK(length(journal_key) = 65),
  keystore TEXT COLLATE "C" NOT NULL,
  software TEXT COLLATE "C" NOT NULL,
  machine TEXT COLLATE "C" NOT NULL,
  enrolled_ms BIGINT NOT NULL,
  revoked_ms BIGINT,
  online_only_version BIGINT,
  CHECK(request_key <> journal_key)
);
CREATE INDEX terminal_by_shop ON terminal(shop_id);

CREATE TABLE enrolment(
  selector TEXT COLLATE "C" PRIMARY KEY,
  verifier_tag BYTEA NOT NULL CHECK(length(verifier_tag) = 32),
  shop_id TEXT COLLATE "C" NOT NULL REFERENCES shop,
  till_name TEXT COLLATE "C" NOT NULL,
  until_ms BIGINT NOT NULL,
  tries_left BIGINT NOT NULL CHECK(tries_left >= 0),
  terminal_id TEXT COLLATE "C" REFERENCES terminal,
  request_sha256 BYTEA,
  CHECK((terminal_id IS NULL) = (request_sha256 IS NULL))
);

CREATE TABLE pack(
  pack TEXT COLLATE "C" PRIMARY KEY,
  lot_no BIGINT NOT NULL REFERENCES lot,
  cards BIGINT NOT NULL CHECK(cards > 0),
  first_card BIGINT NOT NULL,
  last_card BIGINT NOT NULL,
  shop_id TEXT COLLATE "C" REFERENCES shop,
  received_ms BIGINT,
  bound_terminal TEXT COLLATE "C" REFERENCES terminal,
  CHECK(received_ms IS NULL OR shop_id IS NOT NULL),
  CHECK(bound_terminal IS NULL OR received_ms IS NOT NULL)
);
CREATE INDEX pack_by_lot ON pack(lot_no);

-- card_id is the serial read as a number: the one key that every table of a card begins with.
-- A card's row is written anew at every payment: room on its page keeps the new one beside the old, and the indexes as they are.
CREATE TABLE card(
  card_id BIGINT PRIMARY KEY CHECK(card_id BETWEEN 0 AND 9999999999999999),
  pack TEXT COLLATE "C" NOT NULL REFERENCES pack,
  position BIGINT NOT NULL CHECK(position > 0),
  state TEXT COLLATE "C" NOT NULL CHECK(state IN ('printed', 'shipped', 'in_stock', 'active', 'exhausted', 'expired', 'void')),
  shop_id TEXT COLLATE "C" REFERENCES shop,
  block TEXT COLLATE "C" CHECK(block IN ('stolen', 'lost', 'frozen', 'recalled', 'risk', 'question')),
  hold_terminal TEXT COLLATE "C",
  hold_line TEXT COLLATE "C",
  hold_until_ms BIGINT,
  sold_terminal TEXT COLLATE "C",
  sold_line TEXT COLLATE "C",
  sold_ms BIGINT,
  expires_ms BIGINT,
  balance_minor BIGINT NOT NULL DEFAULT 0 CHECK(balance_minor >= 0),
  codes_used BIGINT NOT NULL DEFAULT 0,
  authorizations BIGINT NOT NULL DEFAULT 0 CHECK(authorizations >= 0),
  movements BIGINT NOT NULL DEFAULT 0 CHECK(movements >= 0),
  stock_version BIGINT NOT NULL DEFAULT 0,
  block_version BIGINT NOT NULL DEFAULT 0,
  UNIQUE(pack, position),
  CHECK((hold_line IS NULL) = (hold_until_ms IS NULL) AND (hold_line IS NULL) = (hold_terminal IS NULL)),
  CHECK(hold_line IS NULL OR state = 'in_stock'),
  CHECK((shop_id IS NULL) <= (state IN ('printed', 'void'))),
  CHECK(state <> 'active' OR sold_line IS NOT NULL),
  CHECK(balance_minor = 0 OR state IN ('active', 'expired'))
) WITH (fillfactor = 70);
CREATE INDEX card_stock_feed ON card(shop_id, stock_version) WHERE stock_version > 0;
CREATE INDEX card_block_feed ON card(shop_id, block_version) WHERE block_version > 0;

-- the tags of a card's codes, packed in code order; never a code, never a row per code
CREATE TABLE card_codes(
  card_id BIGINT PRIMARY KEY REFERENCES card,
  tags BYTEA NOT NULL
);

CREATE TABLE line(
  terminal_id TEXT COLLATE "C" NOT NULL REFERENCES terminal,
  line_id TEXT COLLATE "C" NOT NULL,
  record TEXT COLLATE "C" NOT NULL CHECK(record IN ('unseen', 'reserved', 'committed', 'refused', 'cancelled', 'voided')),
  reason TEXT COLLATE "C" CHECK(reason IN ('already_sold', 'held_elsewhere', 'not_received', 'limit', 'tender_not_allowed', 'series_closed', 'cancelled', 'not_sellable')),
  card_id BIGINT NOT NULL,
  sale_id TEXT COLLATE "C" NOT NULL,
  entry_mode TEXT COLLATE "C" NOT NULL CHECK(entry_mode IN ('scanned', 'keyed')),
  shop_id TEXT COLLATE "C" NOT NULL,
  reserved_ms BIGINT,
  committed_ms BIGINT,
  ended_ms BIGINT,
  nth BIGINT,
  nth_keyed BIGINT,
  PRIMARY KEY(terminal_id, line_id),
  CHECK((committed_ms IS NULL) = (nth IS NULL)),
  CHECK((record = 'refused') <= (reason IS NOT NULL)),
  CHECK((record = 'committed') <= (committed_ms IS NOT NULL)),
  CHECK(record <> 'unseen')
);
-- the terminal's activations counted, so that the rolling limit looks at one row and not at all of an hour
CREATE UNIQUE INDEX line_nth ON line(terminal_id, nth) WHERE nth IS NOT NULL;
CREATE UNIQUE INDEX line_nth_keyed ON line(terminal_id, nth_keyed) WHERE nth_keyed IS NOT NULL;

-- the first answer to a message, kept for ever
CREATE TABLE answer(
  terminal_id TEXT COLLATE "C" NOT NULL,
  verb TEXT COLLATE "C" NOT NULL,
  id TEXT COLLATE "C" NOT NULL,
  n BIGINT NOT NULL,
  fingerprint BYTEA NOT NULL CHECK(length(fingerprint) = 32),
  body BYTEA NOT NULL,
  at_ms BIGINT NOT NULL,
  PRIMARY KEY(terminal_id, verb, id, n)
);

-- the books: a movement and its postings, appended only; a reversal names the movement that it withdraws
CREATE TABLE movement(
  card_id BIGINT NOT NULL,
  no BIGINT NOT NULL CHECK(no > 0),
  kind TEXT COLLATE "C" NOT NULL CHECK(kind IN ('activation', 'reversal')),
  terminal_id TEXT COLLATE "C" NOT NULL,
  line_id TEXT COLLATE "C" NOT NULL,
  at_ms BIGINT NOT NULL,
  reverses BIGINT,
  PRIMARY KEY(card_id, no),
  UNIQUE(card_id, reverses),
  CHECK((kind = 'reversal') = (reverses IS NOT NULL))
);

CREATE TABLE posting(
  card_id BIGINT NOT NULL,
  no BIGINT NOT NULL,
  leg BIGINT NOT NULL CHECK(leg > 0),
  account TEXT COLLATE "C" NOT NULL,
  amount_minor BIGINT NOT NULL CHECK(amount_minor <> 0),
  currency TEXT COLLATE "C" NOT NULL CHECK(length(currency) = 3),
  PRIMARY KEY(card_id, no, leg),
  FOREIGN KEY(card_id, no) REFERENCES movement
);
CREATE INDEX posting_by_account ON posting(account);

CREATE TRIGGER movement_stays BEFORE UPDATE ON movement FOR EACH ROW EXECUTE FUNCTION stays();
CREATE TRIGGER movement_is_kept BEFORE DELETE ON movement FOR EACH ROW EXECUTE FUNCTION stays();
CREATE TRIGGER movement_is_not_emptied BEFORE TRUNCATE ON movement EXECUTE FUNCTION stays();
CREATE TRIGGER posting_stays BEFORE UPDATE ON posting FOR EACH ROW EXECUTE FUNCTION stays();
CREATE TRIGGER posting_is_kept BEFORE DELETE ON posting FOR EACH ROW EXECUTE FUNCTION stays();
CREATE TRIGGER posting_is_not_emptied BEFORE TRUNCATE ON posting EXECUTE FUNCTION stays();

CREATE TABLE entry(
  terminal_id TEXT COLLATE "C" NOT NULL REFERENCES terminal,
  epoch BIGINT NOT NULL,
  seq BIGINT NOT NULL CHECK(seq > 0),
  kind TEXT COLLATE "C" NOT NULL,
  hash BYTEA NOT NULL CHECK(length(hash) = 32),
  prev BYTEA NOT NULL CHECK(length(prev) = 32),
  content BYTEA NOT NULL,
  signature BYTEA NOT NULL CHECK(length(signature) = 64),
  received_ms BIGINT NOT NULL,
  outcome TEXT COLLATE "C" NOT NULL,
  code TEXT COLLATE "C" CHECK(code IN ('X1', 'X2', 'X3', 'X4', 'X5', 'X6', 'X7', 'X8', 'X9')),
  PRIMARY KEY(terminal_id, epoch, seq)
);
CREATE TRIGGER entry_stays BEFORE UPDATE ON entry FOR EACH ROW EXECUTE FUNCTION stays();
CREATE TRIGGER entry_is_kept BEFORE DELETE ON entry FOR EACH ROW EXECUTE FUNCTION stays();
CREATE TRIGGER entry_is_not_emptied BEFORE TRUNCATE ON entry EXECUTE FUNCTION stays();

-- promised lines whose settling the till has not yet written down: the offline allowance in use, in the order of its journal
CREATE TABLE promise(
  terminal_id TEXT COLLATE "C" NOT NULL,
  line_id TEXT COLLATE "C" NOT NULL,
  sale_id TEXT COLLATE "C" NOT NULL,
  face_minor BIGINT NOT NULL,
  PRIMARY KEY(terminal_id, line_id)
);

CREATE TABLE exception(
  exception_no BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  code TEXT COLLATE "C" NOT NULL CHECK(code IN ('X1', 'X2', 'X3', 'X4', 'X5', 'X6', 'X7', 'X8', 'X9')),
  terminal_id TEXT COLLATE "C" NOT NULL,
  line_id TEXT COLLATE "C" NOT NULL,
  card_id BIGINT NOT NULL,
  shop_id TEXT COLLATE "C" NOT NULL,
  owner TEXT COLLATE "C" NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  amount_minor BIGINT NOT NULL,
  currency TEXT COLLATE "C" NOT NULL,
  opened_ms BIGINT NOT NULL,
  deadline_ms BIGINT NOT NULL,
  closed_ms BIGINT,
  UNIQUE(terminal_id, line_id, code)
);

CREATE TABLE alert(
  alert_no BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  kind TEXT COLLATE "C" NOT NULL,
  terminal_id TEXT COLLATE "C" NOT NULL,
  card_id BIGINT,
  at_ms BIGINT NOT NULL
);

-- one counter for every stream of the changes feed, so that a cursor is one number
CREATE TABLE feed(one BIGINT PRIMARY KEY CHECK(one = 1), version BIGINT NOT NULL);
INSERT INTO feed VALUES (1, 0);

-- every version that was ever signed, so that a promise is judged by the one that its till had
CREATE TABLE policy(
  currency TEXT COLLATE "C" NOT NULL CHECK(length(currency) = 3),
  version BIGINT NOT NULL,
  enabled BIGINT NOT NULL CHECK(enabled IN (0, 1)),
  valid_until_ms BIGINT NOT NULL,
  valid_for_ms BIGINT NOT NULL CHECK(valid_for_ms > 0),
  max_snapshot_age_ms BIGINT NOT NULL,
  max_blocklist_age_ms BIGINT NOT NULL,
  max_contact_age_ms BIGINT NOT NULL,
  max_cards_per_sale BIGINT NOT NULL,
  max_cards_outstanding BIGINT NOT NULL,
  outstanding_value_minor BIGINT NOT NULL,
  let_go_while_unknown BIGINT NOT NULL CHECK(let_go_while_unknown IN (0, 1)),
  PRIMARY KEY(currency, version)
);
