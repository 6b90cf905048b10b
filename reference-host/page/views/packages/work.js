/** What the host does for somebody, where they asked for it: how far it is, its steps, and what it refused. */
class Work {
  constructor(label) {
    this.node = el('div.work', {hidden: true}, this.said = el('p', {role: 'status'}),
      this.bar = el('progress', {'aria-label': label}), this.steps = el('ol.steps', {'aria-label': `Steps of ${label}`}));
    this.why = el('p.refusal', {role: 'alert'});
    this.lines = el('pre.answer', {hidden: true, tabIndex: 0, role: 'region', 'aria-label': `Last lines of ${label}`});
    this.refusal = el('div.refused', {hidden: true}, this.why, this.lines);
  }
  begin(words) {
    show(this.node, true);
    show(this.bar, true);
    show(this.refusal, false);
    put(this.why, '');
    put(this.said, words);
    this.bar.removeAttribute('value');
    this.steps.replaceChildren();
    this.last = '';
  }
  sent(done, all) { this.far(done, all, done < all ? 'Sending' : 'The host looks at it'); }
  far(done, all, words) {
    const known = all > 0 && done < all;
    if (known) { this.bar.max = all; this.bar.value = done; } else this.bar.removeAttribute('value');
    put(this.said, words);
  }
  /** As the operation says it. */
  step({step, doneBytes, allBytes, outcome}) {
    if (step !== this.last && step !== 'done') {
      this.steps.lastElementChild?.firstElementChild.replaceWith(sign('good', 'check'));
      this.steps.append(el('li', null, sign('busy', 'busy'), ' ', stepWord(step)));
      this.last = step;
    }
    this.far(doneBytes, allBytes, outcome === 'running' ? `${stepWord(step)}…` : '');
  }
  end(...words) {
    show(this.bar, false);
    this.steps.replaceChildren();
    this.said.replaceChildren(...words);
    show(this.node, words.length > 0);
  }
  refuse(error) {
    this.end();
    const [sentence, ...lines] = wordsOf(error).split('\n'); // a build that failed brings what it wrote last
    put(this.why, clip(sentence, 8000));
    put(this.lines, clip(lines.join('\n'), 65_536));
    show(this.lines, lines.length > 0);
    show(this.refusal, true);
    this.lines.scrollTop = this.lines.scrollHeight;
  }
}
