-- The authority's first schema. Names in @…@ are lists of allowed words, put in from the enums of kiosk.domain when the file is
-- applied: belt and braces behind the activation table. Never altered after a release; what changes is a new file.

CREATE TABLE meta(
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE lot(
  lot_no INTEGER PRIMARY KEY CHECK(lot_no > 0),
  series TEXT NOT NULL CHECK(length(series) = 2),
  currency TEXT NOT NULL CHECK(length(currency) = 3),
  face_minor INTEGER NOT NULL CHECK(face_minor > 0),
  codes INTEGER NOT NULL CHECK(codes BETWEEN 1 AND 62),
  valid_months INTEGER NOT NULL CHECK(valid_months > 0),
  cards INTEGER NOT NULL CHECK(cards > 0),
  made_ms INTEGER NOT NULL,
  manifest_sha256 BLOB NOT NULL CHECK(length(manifest_sha256) = 32)
) STRICT;

CREATE TABLE shop(
  shop_id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  address TEXT NOT NULL,
  siret TEXT NOT NULL,
  naf TEXT NOT NULL,
  vat_id TEXT NOT NULL,
  currency TEXT NOT NULL CHECK(length(currency) = 3),
  trusted INTEGER NOT NULL CHECK(trusted IN (0, 1)),
  added_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE terminal(
  terminal_id TEXT PRIMARY KEY,
  shop_id TEXT NOT NULL REFERENCES shop,
  till_name TEXT NOT NULL,
  epoch INTEGER NOT NULL CHECK(epoch > 0),
  request_key BLOB NOT NULL UNIQUE CHECK(length(request_key) = 65),
  journal_key BLOB NOT NULL UNIQUE CHECK(length(journal_key) = 65),
  keystore TEXT NOT NULL,
  software TEXT NOT NULL,
  machine TEXT NOT NULL,
  enrolled_ms INTEGER NOT NULL,
  revoked_ms INTEGER,
  online_only_version INTEGER,
  CHECK(request_key <> journal_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX terminal_by_shop ON terminal(shop_id);

CREATE TABLE enrolment(
  selector TEXT PRIMARY KEY,
  verifier_tag BLOB NOT NULL CHECK(length(verifier_tag) = 32),
  shop_id TEXT NOT NULL REFERENCES shop,
  till_name TEXT NOT NULL,
  until_ms INTEGER NOT NULL,
  tries_left INTEGER NOT NULL CHECK(tries_left >= 0),
  terminal_id TEXT REFERENCES terminal,
  request_sha256 BLOB,
  CHECK((terminal_id IS NULL) = (request_sha256 IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE pack(
  pack TEXT PRIMARY KEY,
  lot_no INTEGER NOT NULL REFERENCES lot,
  cards INTEGER NOT NULL CHECK(cards > 0),
  first_card INTEGER NOT NULL,
  last_card INTEGER NOT NULL,
  shop_id TEXT REFERENCES shop,
  received_ms INTEGER,
  bound_terminal TEXT REFERENCES terminal,
  CHECK(received_ms IS NULL OR shop_id IS NOT NULL),
  CHECK(bound_terminal IS NULL OR received_ms IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX pack_by_lot ON pack(lot_no);

-- card_id is the serial read as a number: the one key that every table of a card begins with
CREATE TABLE card(
  card_id INTEGER PRIMARY KEY CHECK(card_id BETWEEN 0 AND 9999999999999999),
  pack TEXT NOT NULL REFERENCES pack,
  position INTEGER NOT NULL CHECK(position > 0),
  state TEXT NOT NULL CHECK(state IN ('printed', 'shipped', 'in_stock', 'active', 'exhausted', 'expired', 'void')),
  shop_id TEXT REFERENCES shop,
  block TEXT CHECK(block IN ('stolen', 'lost', 'frozen', 'recalled', 'risk', 'question')),
  hold_terminal TEXT,
  hold_line TEXT,
  hold_until_ms INTEGER,
  sold_terminal TEXT,
  sold_line TEXT,
  sold_ms INTEGER,
  expires_ms INTEGER,
  balance_minor INTEGER NOT NULL DEFAULT 0 CHECK(balance_minor >= 0),
  codes_used INTEGER NOT NULL DEFAULT 0,
  authorizations INTEGER NOT NULL DEFAULT 0 CHECK(authorizations >= 0),
  movements INTEGER NOT NULL DEFAULT 0 CHECK(movements >= 0),
  stock_version INTEGER NOT NULL DEFAULT 0,
  block_version INTEGER NOT NULL DEFAULT 0,
  UNIQUE(pack, position),
  CHECK((hold_line IS NULL) = (hold_until_ms IS NULL) AND (hold_line IS NULL) = (hold_terminal IS NULL)),
  CHECK(hold_line IS NULL OR state = 'in_stock'),
  CHECK((shop_id IS NULL) <= (state IN ('printed', 'void'))),
  CHECK(state <> 'active' OR sold_line IS NOT NULL),
  CHECK(balance_minor = 0 OR state IN ('active', 'expired'))
) STRICT;
CREATE INDEX card_stock_feed ON card(shop_id, stock_version) WHERE stock_version > 0;
CREATE INDEX card_block_feed ON card(shop_id, block_version) WHERE block_version > 0;

-- the tags of a card's codes, packed in code order; never a code, never a row per code
CREATE TABLE card_codes(
  card_id INTEGER PRIMARY KEY REFERENCES card,
  tags BLOB NOT NULL
) STRICT;

CREATE TABLE line(
  terminal_id TEXT NOT NULL REFERENCES terminal,
  line_id TEXT NOT NULL,
  record TEXT NOT NULL CHECK(record IN ('unseen', 'reserved', 'committed', 'refused', 'cancelled', 'voided')),
  reason TEXT CHECK(reason IN ('already_sold', 'held_elsewhere', 'not_received', 'limit', 'tender_not_allowed', 'series_closed', 'cancelled', 'not_sellable')),
  card_id INTEGER NOT NULL,
  sale_id TEXT NOT NULL,
  entry_mode TEXT NOT NULL CHECK(entry_mode IN ('scanned', 'keyed')),
  shop_id TEXT NOT NULL,
  reserved_ms INTEGER,
  committed_ms INTEGER,
  ended_ms INTEGER,
  nth INTEGER,
  nth_keyed INTEGER,
  PRIMARY KEY(terminal_id, line_id),
  CHECK((committed_ms IS NULL) = (nth IS NULL)),
  CHECK((record = 'refused') <= (reason IS NOT NULL)),
  CHECK((record = 'committed') <= (committed_ms IS NOT NULL)),
  CHECK(record <> 'unseen')
) STRICT, WITHOUT ROWID;
-- the terminal's activations counted, so that the rolling limit looks at one row and not at all of an hour
CREATE UNIQUE INDEX line_nth ON line(terminal_id, nth) WHERE nth IS NOT NULL;
CREATE UNIQUE INDEX line_nth_keyed ON line(terminal_id, nth_keyed) WHERE nth_keyed IS NOT NULL;

-- the first answer to a message, kept for ever
CREATE TABLE answer(
  terminal_id TEXT NOT NULL,
  verb TEXT NOT NULL,
  id TEXT NOT NULL,
  n INTEGER NOT NULL,
  fingerprint BLOB NOT NULL CHECK(length(fingerprint) = 32),
  body BLOB NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY(terminal_id, verb, id, n)
) STRICT, WITHOUT ROWID;

-- the books: a movement and its postings, appended only; a reversal names the movement that it withdraws
CREATE TABLE movement(
  card_id INTEGER NOT NULL,
  no INTEGER NOT NULL CHECK(no > 0),
  kind TEXT NOT NULL CHECK(kind IN ('activation', 'reversal')),
  terminal_id TEXT NOT NULL,
  line_id TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  reverses INTEGER,
  PRIMARY KEY(card_id, no),
  UNIQUE(card_id, reverses),
  CHECK((kind = 'reversal') = (reverses IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE posting(
  card_id INTEGER NOT NULL,
  no INTEGER NOT NULL,
  leg INTEGER NOT NULL CHECK(leg > 0),
  account TEXT NOT NULL,
  amount_minor INTEGER NOT NULL CHECK(amount_minor <> 0),
  currency TEXT NOT NULL CHECK(length(currency) = 3),
  PRIMARY KEY(card_id, no, leg),
  FOREIGN KEY(card_id, no) REFERENCES movement
) STRICT, WITHOUT ROWID;
CREATE INDEX posting_by_account ON posting(account);

CREATE TRIGGER movement_stays BEFORE UPDATE ON movement BEGIN SELECT RAISE(ABORT, 'the books are append-only'); END;
CREATE TRIGGER movement_is_kept BEFORE DELETE ON movement BEGIN SELECT RAISE(ABORT, 'the books are append-only'); END;
CREATE TRIGGER posting_stays BEFORE UPDATE ON posting BEGIN SELECT RAISE(ABORT, 'the books are append-only'); END;
CREATE TRIGGER posting_is_kept BEFORE DELETE ON posting BEGIN SELECT RAISE(ABORT, 'the books are append-only'); END;

CREATE TABLE entry(
  terminal_id TEXT NOT NULL REFERENCES terminal,
  epoch INTEGER NOT NULL,
  seq INTEGER NOT NULL CHECK(seq > 0),
  kind TEXT NOT NULL,
  hash BLOB NOT NULL CHECK(length(hash) = 32),
  prev BLOB NOT NULL CHECK(length(prev) = 32),
  content BLOB NOT NULL,
  signature BLOB NOT NULL CHECK(length(signature) = 64),
  received_ms INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  code TEXT CHECK(code IN ('X1', 'X2', 'X3', 'X4', 'X5', 'X6', 'X7', 'X8', 'X9')),
  PRIMARY KEY(terminal_id, epoch, seq)
) STRICT;
CREATE TRIGGER entry_stays BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END;
CREATE TRIGGER entry_is_kept BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END;

-- promised lines whose settling the till has not yet written down: the offline allowance in use, in the order of its journal
CREATE TABLE promise(
  terminal_id TEXT NOT NULL,
  line_id TEXT NOT NULL,
  sale_id TEXT NOT NULL,
  face_minor INTEGER NOT NULL,
  PRIMARY KEY(terminal_id, line_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE exception(
  exception_no INTEGER PRIMARY KEY,
  code TEXT NOT NULL CHECK(code IN ('X1', 'X2', 'X3', 'X4', 'X5', 'X6', 'X7', 'X8', 'X9')),
  terminal_id TEXT NOT NULL,
  line_id TEXT NOT NULL,
  card_id INTEGER NOT NULL,
  shop_id TEXT NOT NULL,
  owner TEXT NOT NULL,
  account TEXT NOT NULL,
  amount_minor INTEGER NOT NULL,
  currency TEXT NOT NULL,
  opened_ms INTEGER NOT NULL,
  deadline_ms INTEGER NOT NULL,
  closed_ms INTEGER,
  UNIQUE(terminal_id, line_id, code)
) STRICT;

CREATE TABLE alert(
  alert_no INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  terminal_id TEXT NOT NULL,
  card_id INTEGER,
  at_ms INTEGER NOT NULL
) STRICT;

-- one counter for every stream of the changes feed, so that a cursor is one number
CREATE TABLE feed(one INTEGER PRIMARY KEY CHECK(one = 1), version INTEGER NOT NULL) STRICT;
INSERT INTO feed VALUES (1, 0);

-- every version that was ever signed, so that a promise is judged by the one that its till had
CREATE TABLE policy(
  currency TEXT NOT NULL CHECK(length(currency) = 3),
  version INTEGER NOT NULL,
  enabled INTEGER NOT NULL CHECK(enabled IN (0, 1)),
  valid_until_ms INTEGER NOT NULL,
  valid_for_ms INTEGER NOT NULL CHECK(valid_for_ms > 0),
  max_snapshot_age_ms INTEGER NOT NULL,
  max_blocklist_age_ms INTEGER NOT NULL,
  max_contact_age_ms INTEGER NOT NULL,
  max_cards_per_sale INTEGER NOT NULL,
  max_cards_outstanding INTEGER NOT NULL,
  outstanding_value_minor INTEGER NOT NULL,
  let_go_while_unknown INTEGER NOT NULL CHECK(let_go_while_unknown IN (0, 1)),
  PRIMARY KEY(currency, version)
) STRICT, WITHOUT ROWID;
