CREATE TABLE viewers (
  stream_id INTEGER NOT NULL REFERENCES streams (id) ON DELETE CASCADE,
  joined_at TEXT NOT NULL DEFAULT (datetime('now'))
) STRICT;

CREATE INDEX viewers_by_stream ON viewers (stream_id, joined_at);
