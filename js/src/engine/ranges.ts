/* Places in UTF-8 as places in a string. */

/** Bytes of the character that begins with `byte`. */
function lengthOf(byte: number): number {
  return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

/** For byte offsets in well-formed UTF-8, in any order: the same in UTF-16 units. */
export function toUnits(utf8: Uint8Array, offsets: readonly number[]): number[] {
  const order = offsets.map((_, i) => i).sort((a, b) => offsets[a]! - offsets[b]!);
  const units = new Array<number>(offsets.length);
  let at = 0;
  let unit = 0;
  for (const i of order) {
    while (at < offsets[i]! && at < utf8.length) {
      const length = lengthOf(utf8[at]!);
      at += length;
      unit += length === 4 ? 2 : 1;
    }
    units[i] = unit;
  }
  return units;
}
