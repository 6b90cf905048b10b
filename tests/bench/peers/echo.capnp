# What the peers over Cap'n Proto say: as echo.proto.
@0xb1f5a1d2c3e4f607;

struct Event {
  content @0 :Text;
  fromUid @1 :Text;
  toUid @2 :Text;
}

interface Peer {
  greet @0 (who :Text) -> (answer :Text);
  decide @1 (event :Event) -> (stop :Bool);
  tell @2 (event :Event) -> stream;
  seen @3 () -> (events :Int32);
}
