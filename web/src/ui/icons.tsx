/* Our own drawings, on a grid of 24. */
const PATHS = {
  search: 'M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13ZM15.3 15.3 20 20',
  library: 'M4 5.5h5.2l2 2.5H20v10.5H4z',
  map: 'M6 17.5h.01M9.5 8h.01M13 14h.01M18 6h.01M17.5 17h.01M12.5 5h.01M5.5 11.5h.01M16 11h.01',
  compare: 'M4.5 4.5h6v6h-6zM13.5 4.5h6v6h-6zM4.5 13.5h6v6h-6zM13.5 13.5h6v6h-6z',
  bench: 'M5 19v-6M10 19V5M15 19v-9M20 19V8',
  status: 'M3.5 12h4l2.5-6.5 4 13 2.5-6.5h4',
  add: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  fit: 'M4.5 9V4.5H9M15 4.5h4.5V9M19.5 15v4.5H15M9 19.5H4.5V15',
  folder: 'M4 6h5l2 2.5h9V18H4zM12 11v5M9.5 13.5h5',
  file: 'M7 3.5h6.5L18 8v12.5H7zM13.5 3.5V8H18',
  paste: 'M8 5H6v15h12V5h-2M9 3.5h6v3H9zM9 11h6M9 14.5h4',
  close: 'm6 6 12 12M18 6 6 18',
  more: 'M6 12h.01M12 12h.01M18 12h.01',
  export: 'M12 4v10.5M8 11l4 4 4-4M5 19.5h14',
  open: 'M12 15.5V5M8 8.5l4-4 4 4M5 19.5h14',
  back: 'M14.5 5.5 8 12l6.5 6.5',
  similar: 'M8.5 8.5h9v9h-9zM5.5 14.5v-9h9',
  sun: 'M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.300l1.4 1.400M17.3 17.300l1.4 1.400M18.7 5.300l-1.4 1.400M6.7 17.300l-1.4 1.4',
  moon: 'M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10Z',
  auto: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16ZM12 4v16M12 8.5h6.800M12 12h8M12 15.5h6.8',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  warn: 'M12 4.5 21 19.5H3zM12 10v4.5M12 17v.01',
  pause: 'M9 6v12M15 6v12',
  play: 'M8 5.5v13l10.5-6.5z',
  refresh: 'M19 12a7 7 0 1 1-2.2-5.100M19.5 4v4h-4',
  trash: 'M5 7h14M10 7V4.5h4V7M7 7l1 12.5h8L17 7',
  copy: 'M9 9h10.5v10.5H9zM5.5 15V4.5H15',
  lock: 'M7 11h10v8.5H7zM9 11V8a3 3 0 0 1 6 0v3',
  lasso: 'M12 5c4.4 0 8 2.2 8 5s-3.6 5-8 5-8-2.2-8-5 3.6-5 8-5ZM7 14.5c-1.5 1-1.8 3 0 3.5s2.5 1 2 2.5',
};

export type IconName = keyof typeof PATHS;

export function Icon({name, label}: {name: IconName; label?: string}) {
  return (
    <svg class="icon" viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor"
      stroke-width={name === 'map' || name === 'more' ? 3 : 1.7} stroke-linecap="round" stroke-linejoin="round"
      role={label ? 'img' : undefined} aria-label={label} aria-hidden={label ? undefined : 'true'}>
      <path d={PATHS[name]} />
    </svg>
  );
}
