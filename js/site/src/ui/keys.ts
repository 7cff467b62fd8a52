/* Keyboard shortcuts: "mod+k", "/", "ctrl+shift+f". */

export interface Shortcut {
  /** As in KeyboardEvent.key, lower case. */
  key: string;
  mod: boolean;
  ctrl: boolean;
  alt: boolean;
  shift: boolean;
  meta: boolean;
}

export function isApple(): boolean {
  return /Mac|iPhone|iPad|iPod/.test(globalThis.navigator?.platform ?? '');
}

/** Shortcuts with spaces between them; "mod" is Command on Apple's machines, else Control. */
export function parseShortcuts(text: string): Shortcut[] {
  return text.split(/\s+/).filter(Boolean).map(shortcut => {
    const parts = shortcut.toLowerCase().split(/\+(?=.)/);
    const has = (name: string) => parts.slice(0, -1).includes(name);
    return {
      key: parts.at(-1) ?? '',
      mod: has('mod'), ctrl: has('ctrl'), alt: has('alt'), shift: has('shift'), meta: has('meta'),
    };
  });
}

/** A key that types something, so that it is no shortcut where one can type. */
export function isPlain({mod, ctrl, alt, meta}: Shortcut): boolean {
  return !mod && !ctrl && !alt && !meta;
}

export function matches(shortcut: Shortcut, event: KeyboardEvent): boolean {
  if (keyOf(shortcut, event) !== shortcut.key) return false;
  const ctrl = shortcut.ctrl || (shortcut.mod && !isApple());
  const meta = shortcut.meta || (shortcut.mod && isApple());
  // "/" is Shift+7 on some keyboards: it is the character that counts.
  const shift = isPlain(shortcut) && !shortcut.shift ? event.shiftKey : shortcut.shift;
  return event.ctrlKey === ctrl && event.metaKey === meta && event.altKey === shortcut.alt &&
    event.shiftKey === shift;
}

/** Keyboards of other scripts have "л" where "k" is: with Control, it is the key that counts. */
function keyOf(shortcut: Shortcut, {key = '', code}: KeyboardEvent): string {
  const foreign = /^[^\0-\x7f]$/.test(key) && !isPlain(shortcut);
  return (foreign ? code.replace(/^(Key|Digit)/, '') : key).toLowerCase();
}

/** Somebody is typing into something of the page; shadow trees are looked into. */
export function isTyping(event: Event): boolean {
  const [target] = event.composedPath();
  if (!(target instanceof HTMLElement)) return false;
  // A closed one may have a field.
  if (target.localName.includes('-') && !target.shadowRoot) return true;
  const role = target.getAttribute('role') ?? '';
  return target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName) ||
    /^(textbox|searchbox|combobox|spinbutton)$/.test(role);
}

/** For people: "⌘K", "Ctrl K". */
export function shortcutText({key, mod, ctrl, alt, shift, meta}: Shortcut): string {
  const apple = isApple();
  const name = key.length === 1 ? key.toUpperCase() : key.replace(/^./, c => c.toUpperCase());
  const parts = [
    (ctrl || (mod && !apple)) && (apple ? '⌃' : 'Ctrl'),
    alt && (apple ? '⌥' : 'Alt'),
    shift && (apple ? '⇧' : 'Shift'),
    (meta || (mod && apple)) && (apple ? '⌘' : 'Meta'),
    name,
  ];
  return parts.filter(Boolean).join(apple ? '' : ' ');
}

/** For aria-keyshortcuts. */
export function ariaShortcuts(shortcuts: Shortcut[]): string {
  return shortcuts.map(({key, mod, ctrl, alt, shift, meta}) => [
    (ctrl || (mod && !isApple())) && 'Control',
    alt && 'Alt',
    shift && 'Shift',
    (meta || (mod && isApple())) && 'Meta',
    key.length === 1 ? key.toUpperCase() : key.replace(/^./, c => c.toUpperCase()),
  ].filter(Boolean).join('+')).join(' ');
}
