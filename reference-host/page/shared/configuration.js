/** A plugin's configuration, which is read when somebody opens it. One that was set here has a way back. The editor shows it
    and has what it shall be: {node, set(config), get()}, and `refuse(error)` where it has places for what is wrong. `always`:
    the way back is there whatever was set, because the host does not say. */
function configuration(plugin, editor, {title, back: backWords, was, always = false} = {
  title: 'Configuration', back: 'Back to the file’s own', was: 'As the file says.'}) {
  const said = el('div', {role: 'status'});
  let known = false;
  const attempt = work => async () => {
    try {
      said.replaceChildren(await work() ?? '');
    } catch (error) { said.replaceChildren(el('p.refusal', null, editor.refuse?.(error) ?? wordsOf(error))); }
  };
  const read = async () => {
    const {config, set, file} = await ask('GET', pathOf(plugin, 'config'));
    editor.set(config);
    known = true;
    about.hidden = !set;
    back.hidden = !set && !always;
    about.replaceChildren(...set ? [joined([visible(set.words), file !== undefined && 'the file says '], '; '),
      file !== undefined && code(clip(JSON.stringify(file), 1000))].filter(Boolean) : []);
  };
  const apply = async () => {
    await carryOut('PUT', pathOf(plugin, 'config'), editor.get(), () => {});
    await read();
    return sign('good', 'check', 'Applied.');
  };
  const reset = async () => {
    await carryOut('DELETE', pathOf(plugin, 'config'), undefined, () => {});
    await read();
    return sign('good', 'check', was);
  };
  const about = el('p.muted', {hidden: true});
  const back = el('button', {type: 'button', hidden: true, onclick: attempt(reset)}, backWords);
  return el('details', {needs: 'plugins:configure', ontoggle: event => event.target.open && !known && attempt(read)()},
    el('summary', null, title), editor.node, about,
    el('div.row', null, el('button.primary', {type: 'button', onclick: attempt(apply)}, 'Apply'),
      el('button', {type: 'button', onclick: attempt(read)}, 'Read again'), back, said));
}

/** All of it as JSON. */
function jsonEditor(plugin, id = `config-${plugin}`) {
  const area = el('textarea', {spellcheck: false, id, disabled: true});
  return {
    node: [el('label.hidden', {htmlFor: area.id}, `Configuration of ${plugin}, as JSON`), area],
    set(config) {
      area.value = JSON.stringify(config, null, 2);
      area.disabled = false;
    },
    get: () => JSON.parse(area.value),
  };
}
