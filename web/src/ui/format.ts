const BYTES = ['B', 'kB', 'MB', 'GB'];
const whole = new Intl.NumberFormat();

export function bytes(n: number): string {
  let unit = 0;
  for (; n >= 1000 && unit < BYTES.length - 1; unit++) n /= 1000;
  return `${n < 10 && unit > 0 ? n.toFixed(1) : Math.round(n)} ${BYTES[unit]}`;
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${whole.format(n)} ${n === 1 ? one : many}`;
}

export function number(n: number): string {
  return whole.format(n);
}

export function seconds(s: number): string {
  if (s < 60) return `${Math.max(1, Math.round(s))} s`;
  if (s < 3600) return `${Math.round(s / 60)} min`;
  return `${(s / 3600).toFixed(1)} h`;
}

const dates = new Intl.DateTimeFormat(undefined, {dateStyle: 'medium'});
export function date(ms: number): string {
  return ms > 0 ? dates.format(ms) : '';
}

export function milliseconds(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}
