// Lists of rows, {name, node}: their order, and what is found in them.

/** From the last to the first: a row that stands where it should is left in peace. */
function placeRows(list, sorted) {
  let next = null;
  for (const {node} of sorted.toReversed()) {
    if (node.parentNode !== list) list.insertBefore(node, next);
    next = node;
  }
}
const sortedByName = rows => [...rows.values()].sort((a, b) => a.name < b.name ? -1 : 1);

const mostRows = 100;
const wordsIn = field => field.value.toLowerCase().split(/\s+/).filter(Boolean);
/** Rows that have all of the words. Of very many the first are shown, and those that `matters` says so of. */
function showFound(sorted, words, everyRow, textOf, matters) {
  let found = 0, shown = 0;
  for (const row of sorted) {
    const text = joined(textOf(row), ' ').toLowerCase(), wanted = words.every(word => text.includes(word));
    if (wanted) ++found;
    const there = wanted && (everyRow || found <= mostRows || matters(row));
    show(row.node, there);
    if (there) ++shown;
  }
  return {found, shown};
}
