// What the parts of the page tell each other, so that none of them has to know the others.
//
//   tick                      ten times a second, for whatever counts
//   connection                a stream began, ended or waits: see Stream.all
//   unlocked, locked(why)     there is a token, or none: `why` is to be shown
//   list(plugins, asked)      the host's list of plugins, which was asked for at `asked`
//   plugins(rows)             how every plugin is, by name; also when one of them changed
//   status(status)            how the host is, every few seconds
//   unseen(why)               the token does not see plugins: what there is besides may be asked for
//   permissions               what the token may is another thing than before
//   begun                     the host is about to send its last lines, of which some may be known
//   log, event, change, lost  what the host sends as it happens

const hearing = {};
function on(what, hear) { (hearing[what] ??= []).push(hear); }

/** Tells it to everybody in the order of index.html. A mistake of one part keeps nothing from the others. */
function tell(what, ...values) {
  for (const hear of hearing[what] ?? [])
    try { hear(...values); } catch (error) { reportError(error); }
}
