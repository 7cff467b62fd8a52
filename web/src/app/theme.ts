import {effect, signal} from '@preact/signals';

export type Theme = 'auto' | 'light' | 'dark';
const KEY = 'lode-theme';

function stored(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'light' || value === 'dark' ? value : 'auto';
  } catch {
    return 'auto'; // storage is refused
  }
}

export const theme = signal<Theme>(stored());

effect(() => {
  const {value} = theme;
  if (value === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = value;
  try {
    localStorage.setItem(KEY, value);
  } catch {
    // It holds for this visit.
  }
});
