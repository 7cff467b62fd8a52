import type {Labels} from './labels.ts';

/** Put values into a text. */
export function fill(text: string, values: Record<string, string>): string {
  return text.replace(/\{(\w+)\}/g, (all, name: string) => values[name] ?? all);
}

/** "12 results", "20+ results". */
export function countText(labels: Labels, tag: string, n: number, atLeast: boolean): string {
  let category: Intl.LDMLPluralRule = 'other';
  let number = String(n);
  try {
    category = atLeast ? 'other' : new Intl.PluralRules(tag).select(n);
    number = new Intl.NumberFormat(tag).format(n);
  } catch {
    // Not a language tag.
  }
  const text = labels.results[category] ?? labels.results.other ?? '{n}';
  return fill(text, {n: atLeast ? `${number}+` : number});
}
