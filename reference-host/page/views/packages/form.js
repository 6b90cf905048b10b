// A form made of the JSON Schema that a package has for its configuration.

const mostFields = 64, ownSecret = '***'; // which is what the host says in place of a secret, and takes as "the same"

/** An editor of configuration() with a field for each member of the schema. What the schema does not name is kept. */
class ConfigForm {
  config = {};

  constructor(schema, id) {
    const {properties = {}, required = []} = schema;
    this.fields = Object.entries(properties).slice(0, mostFields).map(([name, given], at) =>
      new Field(name, given, schema, required.includes(name), `form-${id}-${at}`));
    this.node = el('div.fields', {inert: true}, this.fields.map(field => field.node), this.kept = el('p.muted', {hidden: true}));
  }
  /** Until it was read nobody writes there what reading would take away. */
  set(config) {
    this.node.inert = false;
    this.config = config && typeof config === 'object' ? config : {};
    const named = new Set(this.fields.map(field => field.name)), rest = Object.keys(this.config).filter(name => !named.has(name));
    for (const field of this.fields) field.set(Object.hasOwn(this.config, field.name) ? this.config[field.name] : undefined);
    show(this.kept, rest.length > 0);
    put(this.kept, clip(`Also set, and kept as it is: ${joined(rest.map(visible))}`, 300));
  }
  get() {
    const members = new Map(Object.entries(this.config));
    for (const field of this.fields) {
      const value = field.value();
      if (value === undefined) members.delete(field.name); else members.set(field.name, value);
    }
    const wrong = this.pointOut();
    if (wrong) throw this.wrong = new Error(wrong);
    return Object.fromEntries(members);
  }
  /** The host's sentences go to their fields; what is left is said for all of it. */
  refuse(error) {
    if (error === this.wrong) return error.message;
    const left = wordsOf(error).split(/; (?=config\b)/).filter(sentence => !this.fields.some(field => field.takes(sentence)));
    return joined([...left, this.pointOut()], '; ');
  }
  pointOut() {
    const wrong = this.fields.filter(field => field.wrong);
    wrong[0]?.control.focus();
    return wrong.length && `${many(wrong.length, 'setting')} cannot be taken as ${wrong.length > 1 ? 'they are' : 'it is'}.`;
  }
}

const wordOfChoice = value => beginning(value === true ? 'yes' : value === false ? 'no'
  : typeof value === 'string' ? value : JSON.stringify(value), 120);

/** One member. What nobody touched is sent back as it came. */
class Field {
  constructor(name, given, root, required, id) {
    Object.assign(this, {name, required});
    const outer = resolved(given, root) ?? {};
    const others = (outer.anyOf ?? outer.oneOf)?.map(one => resolved(one, root)).filter(one => one?.type !== 'null');
    const schema = this.schema = others?.length === 1 ? {...others[0], ...outer, anyOf: undefined, oneOf: undefined} : outer;
    const types = [schema.type ?? []].flat().filter(one => one !== 'null');
    const choices = schema.enum ?? (Object.hasOwn(schema, 'const') ? [schema.const]
      : types.join() === 'boolean' ? [true, false] : null);
    this.kind = choices ? 'choice' : ['string', 'integer', 'number'].includes(types.join()) ? types[0] : 'json';
    this.choices = choices?.slice(0, 200);
    this.control = this.makeControl(id);
    this.control.oninput = () => { this.touched = true; this.say(''); };
    this.control.setAttribute('aria-describedby', `${id}-about ${id}-wrong`);
    this.node = el('div.field', null,
      el('label', {htmlFor: id}, el('bdi', null, beginning(schema.title ?? name, 120)), schema.title && code(name)),
      this.control, this.hint = el('small', {id: `${id}-about`}), this.said = el('p.refusal', {id: `${id}-wrong`}));
    this.hints = this.about(root);
  }
  makeControl(id) {
    const {kind, schema} = this, fallback = schema.default === undefined ? '' : wordOfChoice(schema.default);
    if (kind === 'choice') return el('select', {id});
    if (kind === 'json') return el('textarea', {id, spellcheck: false, placeholder: fallback});
    if (kind === 'string' && schema.maxLength > 200) return el('textarea.words', {id, placeholder: fallback});
    return el('input', {id, type: 'text', autocomplete: 'off', spellcheck: false, placeholder: fallback,
      inputMode: kind === 'string' ? 'text' : 'decimal'});
  }
  about(root) {
    const {schema, kind} = this, fallback = schema.default, open = kind === 'choice' || kind === 'string';
    const type = open ? undefined : schema.type; // its control says that
    const bounds = wordsOfSchema({...schema, type, description: undefined, title: undefined, enum: undefined}, root,
      kind === 'json' && 'as JSON', schema.exclusiveMinimum !== undefined && `above ${schema.exclusiveMinimum}`,
      schema.exclusiveMaximum !== undefined && `below ${schema.exclusiveMaximum}`,
      schema.minLength > 1 && `at least ${many(schema.minLength, 'character')}`,
      schema.maxLength && `at most ${many(schema.maxLength, 'character')}`, this.required && 'required',
      fallback !== undefined && `${wordOfChoice(fallback)} where it is not set`).replace(/^any(, |$)/, '');
    return joined([beginning(schema.description, 400), bounds], ' · ');
  }

  set(value) {
    Object.assign(this, {given: value, touched: false});
    const {kind, control} = this;
    if (kind === 'choice') this.offer(value);
    else control.value = value === undefined || value === null && kind !== 'json' ? ''
      : kind === 'json' ? JSON.stringify(value, null, 2) : typeof value === 'string' ? value : JSON.stringify(value);
    put(this.hint, joined([this.hints, value === ownSecret && `a secret: ${ownSecret} keeps it`], ' · '));
    if (kind === 'json') control.rows = Math.min(12, Math.max(2, control.value.split('\n').length));
    this.say('');
  }
  /** What is set and not among the choices is one nevertheless: it is there. */
  offer(value) {
    const same = JSON.stringify(value);
    const known = value === undefined || this.choices.some(one => JSON.stringify(one) === same);
    const all = known ? this.choices : [...this.choices, value];
    this.offered = value === undefined || !this.required ? [undefined, ...all] : all;
    this.control.replaceChildren(...this.offered.map((one, at) => el('option', {value: at, selected: JSON.stringify(one) === same},
      one === undefined ? 'not set' : wordOfChoice(one))));
  }

  /** What it is now, or undefined where it is not set; what is wrong with it is said. */
  value() {
    const {required, touched, given} = this;
    let value = given;
    this.say('');
    if (touched) try { value = this.read(); } catch (error) { return this.say(error.message); }
    if (value === undefined && required) return this.say('This is required.');
    if (touched && value !== undefined) this.say(this.fault(value));
    return value;
  }
  read() {
    const {kind, control, schema, required, given} = this, text = kind === 'choice' ? '' : control.value;
    if (kind === 'choice') return this.offered[control.value];
    if (kind === 'string') return text === '' && !(required && !schema.minLength) ? undefined : text;
    if (text.trim() === '') return undefined;
    if (given === ownSecret && text === ownSecret) return given;
    if (kind === 'json') try { return JSON.parse(text); } catch (error) { throw new Error(`Not JSON: ${error.message}`); }
    const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : NaN;
    if (!Number.isFinite(number) || kind === 'integer' && !Number.isInteger(number))
      throw new Error(kind === 'integer' ? 'This has to be a whole number.' : 'This has to be a number.');
    return number;
  }
  /** The first bound that it breaks. The host looks at all of the schema. */
  fault(value) {
    const {minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, minLength, maxLength} = this.schema;
    if (typeof value === 'number') return value < minimum ? `This has to be ${minimum} or more.`
      : value > maximum ? `This has to be ${maximum} or less.`
      : value <= exclusiveMinimum ? `This has to be above ${exclusiveMinimum}.`
      : value >= exclusiveMaximum ? `This has to be below ${exclusiveMaximum}.`
      : Number.isInteger(multipleOf) && value % multipleOf ? `This has to be a multiple of ${multipleOf}.` : '';
    const length = this.kind === 'string' && typeof value === 'string' ? [...value].length : null;
    return length === null ? '' : length < minLength ? `This has to have at least ${many(minLength, 'character')}.`
      : length > maxLength ? `This has to have at most ${many(maxLength, 'character')}.` : '';
  }
  /** A sentence of the host's about this member, "config.NAME: …" or about what is in it. */
  takes(sentence) {
    const start = `config.${this.name}`, rest = sentence.slice(start.length);
    if (!sentence.startsWith(start) || !/^[:.[]/.test(rest)) return false;
    this.say(rest.replace(/^: /, ''));
    return true;
  }
  say(wrong) {
    this.wrong = wrong;
    put(this.said, beginning(wrong, 300));
    if (wrong) this.control.setAttribute('aria-invalid', 'true'); else this.control.removeAttribute('aria-invalid');
  }
}
