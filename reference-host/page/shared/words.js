// How things are said: text of others, numbers, times.

/** Characters that cannot be seen but change what is (control, direction, zero width, fillers, tags) are named. Those that
    join letters and choose how a sign looks stay: scripts and emoji need them. */
const unseen = /[\0-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e007f}]/gu;
const visible = text => String(text ?? '')
  .replace(unseen, one => `⟨U+${one.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`);
const clip = (text, most) => text.length > most ? text.slice(0, most) + '…' : text;
/** As much of a text of others as there is room for. The rest of a very long one costs nothing. */
const beginning = (text, most) => clip(visible(String(text ?? '').slice(0, most + 1)), most);
const pretty = value => beginning(JSON.stringify(value, null, 2), 65_536);

/** An object in few words: a="text" b=1. */
const brief = value => visible(value && typeof value === 'object' && !Array.isArray(value)
  ? Object.entries(value).map(([key, of]) => `${key}=${JSON.stringify(of)}`).join(' ') : JSON.stringify(value));
const nothing = '–'; // wherever there is none, or none is known
const joined = (parts, by = ', ') => parts.filter(Boolean).join(by);
const whole = new Intl.NumberFormat('en').format;
const many = (count, one) => `${whole(count)} ${one}${count === 1 ? '' : 's'}`;
const bytes = count => count < 1e6 ? `${Math.round(count / 1024)} KiB` : `${(count / 1048576).toFixed(count < 1e8 ? 1 : 0)} MiB`;
const rate = perSecond => perSecond > 0 && perSecond < 10 ? perSecond.toFixed(1) : whole(Math.round(perSecond));

const two = number => String(number).padStart(2, '0');
/** A moment: of today the time, else the day with it. */
function when(ms, fine = false, now = Date.now()) {
  const at = new Date(ms), today = new Date(now), minute = `${two(at.getHours())}:${two(at.getMinutes())}`;
  if (at.toDateString() === today.toDateString())
    return `${minute}:${two(at.getSeconds())}${fine ? `.${String(at.getMilliseconds()).padStart(3, '0')}` : ''}`;
  const year = at.getFullYear() === today.getFullYear() ? undefined : 'numeric';
  return `${at.toLocaleDateString('en-GB', {day: 'numeric', month: 'short', year})} ${minute}`;
}
/** A span, in units that say something: "0.31 ms", "12.3 s", "5 min 3 s", "26 h 10 min", "3 days". */
function inMs(ms) {
  if (ms >= 10_000) return long(ms, true);
  if (ms >= 100) return `${Math.round(ms)} ms`;
  return ms > 0 && ms < .01 ? '<0.01 ms' : `${ms.toFixed(ms < 10 ? 2 : 1)} ms`;
}
/** One that goes on; `fine` for what somebody waits for. */
function long(ms, fine = false) {
  const seconds = Math.floor(ms / 1000), minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60);
  if (minutes < 1) return fine ? `${(Math.floor(ms / 100) / 10).toFixed(1)} s` : `${seconds} s`;
  if (hours < 1) return fine ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${whole(Math.floor(hours / 24))} days`;
}
