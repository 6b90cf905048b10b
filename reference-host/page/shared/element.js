// Elements, and the signs that go with words.

const $ = id => document.getElementById(id);

/** el('p.muted', {title: '…'}, 'text', node): a property where there is one of that name, else an attribute. `needs`: the
    permissions without which it is of no use. */
function el(name, properties, ...children) {
  const [tag, ...classes] = name.split('.');
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(' ');
  const {needs, ...rest} = properties ?? {};
  for (const [key, value] of Object.entries(rest))
    if (key in node) node[key] = value; else if (value != null) node.setAttribute(key, value);
  node.append(...children.flat(Infinity).filter(Boolean));
  if (needs) { node.dataset.needs = needs; enable(node, !node.disabled); }
  return node;
}

// These set only what differs, so that a selection, the focus and screen readers are left in peace.
function put(node, text) { if (node.textContent !== text) node.textContent = text; }
function show(node, shown) { if (node.hidden === shown) node.hidden = !shown; }
function fill(node, key, make) {
  if (node.filledWith === key) return;
  node.filledWith = key;
  const held = [...node.querySelectorAll('button')].indexOf(document.activeElement);
  node.replaceChildren(...[make()].flat(Infinity).filter(Boolean));
  if (held >= 0) node.querySelectorAll('button')[held]?.focus({preventScroll: true});
}

/** Shapes, so that nothing is told by colour alone. What begins with "-" is a line. */
const shapes = {
  ready: 'M6 0a6 6 0 1 1 0 12A6 6 0 0 1 6 0z', busy: '-M11 6A5 5 0 1 1 6 1', stopped: '-M1 1h10v10H1z',
  warning: 'M6 .5 12 11.5H0z', critical: 'M6 0l6 6-6 6-6-6z', octagon: 'M3.5 0h5L12 3.5v5L8.5 12h-5L0 8.5v-5z',
  blocked: 'M1.5 0h3v12h-3zm6 0h3v12h-3z', dot: 'M6 3a3 3 0 1 1 0 6 3 3 0 0 1 0-6z', chevron: '-M4 1l5 5-5 5',
  check: '-M1 6.5 4.5 10 11 2', cross: '-M2 2l8 8M10 2l-8 8', wave: '-M0 8c2-6 4-6 6-2s4 4 6-2', dash: '-M1 6h10',
  clock: '-M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1zM6 3v3l2 1.5', arrow: '-M1 6h10M7 2l4 4-4 4',
};
function svg(name, attributes, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}
function glyph(name) {
  const line = shapes[name][0] === '-', look = `glyph ${line ? 'line' : ''} ${name === 'busy' ? 'turning' : ''}`;
  return svg('svg', {class: look, viewBox: '-1 -1 14 14', 'aria-hidden': 'true'}, svg('path', {d: shapes[name].slice(+line)}));
}
const sign = (tone, name, ...words) => el(`span.${tone}`, null, glyph(name), words.length > 0 && ' ', words);
const code = text => el('code', null, visible(text));
const atEnd = (list, near) => list.scrollHeight - list.scrollTop - list.clientHeight < near;
/** The whole of it is said where somebody points at it. */
const timeOf = (ms, fine) => el('time', {title: new Date(ms).toLocaleString('en-GB')}, when(ms, fine));
