/** The editor of a plugin's configuration, which is read when somebody opens it. One that was set here has a way back. */
function configuration(plugin) {
  const area = el('textarea', {spellcheck: false, id: `config-${plugin}`, disabled: true}), said = el('p', {role: 'status'});
  const attempt = work => async () => {
    try {
      said.replaceChildren(await work() ?? '');
    } catch (error) { said.replaceChildren(refusal(error)); }
  };
  const read = async () => {
    const {config, set, file} = await ask('GET', pathOf(plugin, 'config'));
    area.value = JSON.stringify(config, null, 2);
    area.disabled = false;
    back.hidden = about.hidden = !set;
    about.replaceChildren(...set ? [`${visible(set.words)}; the file says `, code(clip(JSON.stringify(file), 1000))] : []);
  };
  const apply = async () => {
    await ask('PUT', pathOf(plugin, 'config'), JSON.parse(area.value));
    await read();
    return sign('good', 'check', 'Applied.');
  };
  const reset = async () => {
    await ask('DELETE', pathOf(plugin, 'config'));
    await read();
    return sign('good', 'check', 'As the file says.');
  };
  const about = el('p.muted', {hidden: true});
  const back = el('button', {type: 'button', hidden: true, onclick: attempt(reset)}, 'Back to the file’s own');
  return el('details', {ontoggle: event => event.target.open && area.disabled && attempt(read)()},
    el('summary', null, 'Configuration'), el('label.hidden', {htmlFor: area.id}, `Configuration of ${plugin}, as JSON`), area, about,
    el('div.row', null, el('button.primary', {type: 'button', onclick: attempt(apply)}, 'Apply'),
      el('button', {type: 'button', onclick: attempt(read)}, 'Read again'), back, said));
}
