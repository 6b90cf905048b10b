// How things are said: text of others, numbers, times.

/** Characters that cannot be seen but change what is (control, direction, zero width) are named. */
const unseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
const visible = text => String(text ?? '')
  .replace(unseen, one => `⟨U+${one.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`);
const clip = (text, most) => text.length > most ? text.slice(0, most) + '…' : text;
const pretty = value => clip(visible(JSON.stringify(value, null, 2)), 65_536);

/** An object in few words: a="text" b=1. */
const brief = value => visible(value && typeof value === 'object' && !Array.isArray(value)
  ? Object.entries(value).map(([key, of]) => `${key}=${JSON.stringify(of)}`).join(' ') : JSON.stringify(value));
const nothing = '–'; // wherever there is none, or none is known
const joined = (parts, by = ', ') => parts.filter(Boolean).join(by);
const whole = number => number.toLocaleString('en');
const many = (count, one) => `${whole(count)} ${one}${count === 1 ? '' : 's'}`;
const bytes = count => count < 1e6 ? `${Math.round(count / 1024)} KiB` : `${(count / 1048576).toFixed(count < 1e8 ? 1 : 0)} MiB`;
const rate = perSecond => perSecond > 0 && perSecond < 10 ? perSecond.toFixed(1) : whole(Math.round(perSecond));
function clock(ms, fine = false) {
  const at = new Date(ms), two = number => String(number).padStart(2, '0');
  const text = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
  return fine ? `${text}.${String(at.getMilliseconds()).padStart(3, '0')}` : text;
}
function inMs(ms) {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms >= 100) return `${Math.round(ms)} ms`;
  return ms > 0 && ms < .01 ? '<0.01 ms' : `${ms.toFixed(ms < 10 ? 2 : 1)} ms`;
}
function long(ms) {
  const minutes = Math.floor(ms / 60_000), hours = Math.floor(minutes / 60);
  if (minutes < 1) return `${Math.floor(ms / 1000)} s`;
  if (hours < 1) return `${minutes} min`;
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}
