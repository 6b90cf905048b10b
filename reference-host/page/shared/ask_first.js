/** What somebody may regret is asked first, where it was wished for. The focus goes to the way out of it, and back. */
function askFirst(place, by, {title, words, more = [], yes, no}, work) {
  const answer = () => {
    place.replaceChildren();
    by.focus();
  };
  const keep = el('button', {type: 'button', onclick: answer}, no);
  place.replaceChildren(el('div.ask.row', {role: 'group', 'aria-label': title,
    onkeydown: event => { if (event.key === 'Escape') answer(); }},
    el('strong', null, title), el('span.muted', null, words), more,
    el('button.danger', {type: 'button', onclick: () => { answer(); work(); }}, yes), keep));
  keep.focus();
}
