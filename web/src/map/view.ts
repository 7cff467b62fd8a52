/* Points on a canvas: drawing, and which is where. No state but what is drawn. */

export interface View {
  /** Of the map's height, which is 1, in pixels. */
  scale: number;
  x: number;
  y: number;
}

export interface Scene {
  points: Float32Array;
  /** Of each point: a colour's number. */
  groups: Uint8Array;
  colours: string[];
  /** 1: chosen; undefined: all are. */
  chosen: Uint8Array | undefined;
  hover: number;
  lasso: {x: number; y: number}[];
  ink: string;
  faint: string;
}

/** A map's width, where its height is 1. */
export const ASPECT = 1.5;
const CELLS = 128; // of the map's height
const COLUMNS = 192;

/** Points by cell, so that the nearest is found among a few. */
export class Grid {
  readonly #cells = new Map<number, number[]>();
  readonly #points: Float32Array;

  constructor(points: Float32Array) {
    this.#points = points;
    for (let i = 0; 2 * i < points.length; i++) {
      const cell = this.#cell(points[2 * i]!, points[2 * i + 1]!);
      const list = this.#cells.get(cell);
      if (list === undefined) this.#cells.set(cell, [i]);
      else list.push(i);
    }
  }

  #cell(x: number, y: number): number {
    const clamp = (value: number, most: number) => Math.max(0, Math.min(most - 1, Math.floor(value * CELLS)));
    return clamp(y, CELLS) * COLUMNS + clamp(x, COLUMNS);
  }

  /** -1: none is within `radius`. */
  nearest(x: number, y: number, radius: number): number {
    let best = -1;
    let least = radius * radius;
    const reach = Math.min(CELLS, Math.ceil(radius * CELLS));
    const cx = Math.floor(x * CELLS);
    const cy = Math.floor(y * CELLS);
    for (let row = cy - reach; row <= cy + reach; row++) {
      for (let column = cx - reach; column <= cx + reach; column++) {
        if (row < 0 || column < 0 || row >= CELLS || column >= COLUMNS) continue;
        for (const i of this.#cells.get(row * COLUMNS + column) ?? []) {
          const d = (this.#points[2 * i]! - x) ** 2 + (this.#points[2 * i + 1]! - y) ** 2;
          if (d < least) {
            least = d;
            best = i;
          }
        }
      }
    }
    return best;
  }
}

/** Inside a polygon, by the even-odd rule. */
export function inside(x: number, y: number, polygon: readonly {x: number; y: number}[]): boolean {
  let odd = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const a = polygon[i]!;
    const b = polygon[j]!;
    if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) odd = !odd;
  }
  return odd;
}

/** A dot of each colour, drawn once. */
const stamps = new Map<string, HTMLCanvasElement>();
function stampOf(colour: string, radius: number): HTMLCanvasElement {
  const key = `${colour} ${radius}`;
  const known = stamps.get(key);
  if (known !== undefined) return known;
  const stamp = document.createElement('canvas');
  stamp.width = stamp.height = 2 * Math.ceil(radius) + 2;
  const context = stamp.getContext('2d')!;
  context.fillStyle = colour;
  context.arc(stamp.width / 2, stamp.height / 2, radius, 0, 2 * Math.PI);
  context.fill();
  if (stamps.size > 200) stamps.clear();
  stamps.set(key, stamp);
  return stamp;
}

export function draw(canvas: HTMLCanvasElement, view: View, scene: Scene): void {
  const ratio = globalThis.devicePixelRatio || 1;
  const width = Math.round(canvas.clientWidth * ratio);
  const height = Math.round(canvas.clientHeight * ratio);
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, {width, height});
  const context = canvas.getContext('2d')!;
  context.clearRect(0, 0, width, height);
  const {points, groups, colours, chosen, hover, lasso} = scene;
  const n = points.length / 2;
  const zoom = Math.sqrt(view.scale / 700);
  const radius = Math.round(2 * ratio * Math.max(1.2, Math.min(6, (n > 5000 ? 1.6 : n > 800 ? 2.6 : 4) * zoom))) / 2;
  for (const pass of chosen === undefined ? [1] : [0, 1]) {
    for (let i = 0; i < n; i++) {
      if (chosen !== undefined && chosen[i] !== pass) continue;
      const x = (points[2 * i]! * view.scale + view.x) * ratio;
      const y = (points[2 * i + 1]! * view.scale + view.y) * ratio;
      if (x < -9 || y < -9 || x > width + 9 || y > height + 9) continue;
      const stamp = stampOf(pass === 0 ? scene.faint : colours[groups[i]!]!, radius);
      context.drawImage(stamp, Math.round(x - stamp.width / 2), Math.round(y - stamp.height / 2));
    }
  }
  context.strokeStyle = scene.ink;
  context.lineWidth = 1.5 * ratio;
  if (hover >= 0) {
    context.beginPath();
    context.arc((points[2 * hover]! * view.scale + view.x) * ratio, (points[2 * hover + 1]! * view.scale + view.y) * ratio, radius + 3 * ratio, 0, 2 * Math.PI);
    context.stroke();
  }
  if (lasso.length > 1) {
    context.setLineDash([5 * ratio, 4 * ratio]);
    context.beginPath();
    for (const {x, y} of lasso) context.lineTo((x * view.scale + view.x) * ratio, (y * view.scale + view.y) * ratio);
    context.closePath();
    context.stroke();
    context.setLineDash([]);
  }
}
