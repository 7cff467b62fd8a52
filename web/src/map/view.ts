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
  paper: string;
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

/** How much of each pixel a dot covers: drawn once for a radius. */
interface Dot {
  size: number;
  /** [size, size], 0 .. 255 */
  cover: Uint8Array;
}
const dots = new Map<number, Dot>();

function scratch(width: number, height: number): CanvasRenderingContext2D {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, {width, height});
  return canvas.getContext('2d', {willReadFrequently: true})!;
}

function dotOf(radius: number): Dot {
  const known = dots.get(radius);
  if (known !== undefined) return known;
  const size = 2 * Math.ceil(radius) + 1;
  const context = scratch(size, size);
  context.arc(size / 2, size / 2, radius, 0, 2 * Math.PI);
  context.fill();
  const {data} = context.getImageData(0, 0, size, size);
  const dot = {size, cover: Uint8Array.from({length: size * size}, (_, i) => data[4 * i + 3]!)};
  dots.set(radius, dot);
  return dot;
}

type Colour = readonly [number, number, number];
const known = new Map<string, Colour>();

/** Red, green, blue of a CSS colour. */
function coloured(text: string): Colour {
  const found = known.get(text);
  if (found !== undefined) return found;
  const context = scratch(1, 1);
  context.fillStyle = text;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  const colour: Colour = [red!, green!, blue!];
  known.set(text, colour);
  return colour;
}

/** A dot over what is there. Pixels are opaque. */
function stamp({data, width, height}: ImageData, {size, cover}: Dot, left: number, top: number, colour: Colour): void {
  for (let y = Math.max(0, -top); y < size && top + y < height; y++) {
    for (let x = Math.max(0, -left); x < size && left + x < width; x++) {
      const share = cover[y * size + x]!;
      if (share === 0) continue;
      const p = 4 * ((top + y) * width + left + x);
      for (let c = 0; c < 3; c++) data[p + c] = data[p + c]! + ((colour[c]! - data[p + c]!) * share) / 255;
    }
  }
}

let image: ImageData | undefined;

/** Pixel by pixel: 20,000 dots are one picture for the browser, not 20,000 of its drawing steps. */
function drawDots(context: CanvasRenderingContext2D, view: View, scene: Scene, ratio: number, radius: number): void {
  const {width, height} = context.canvas;
  if (width === 0 || height === 0) return;
  if (image?.width !== width || image.height !== height) image = context.createImageData(width, height);
  const [red, green, blue] = coloured(scene.paper);
  new Uint32Array(image.data.buffer).fill((255 << 24) | (blue << 16) | (green << 8) | red);
  const {points, groups, chosen} = scene;
  const colours = scene.colours.map(coloured);
  const faint = coloured(scene.faint);
  const dot = dotOf(radius);
  for (const pass of chosen === undefined ? [1] : [0, 1]) {
    for (let i = 0; 2 * i < points.length; i++) {
      if (chosen !== undefined && chosen[i] !== pass) continue;
      const left = Math.round((points[2 * i]! * view.scale + view.x) * ratio - dot.size / 2);
      const top = Math.round((points[2 * i + 1]! * view.scale + view.y) * ratio - dot.size / 2);
      if (left < -dot.size || top < -dot.size || left > width || top > height) continue;
      stamp(image, dot, left, top, pass === 0 ? faint : colours[groups[i]!]!);
    }
  }
  context.putImageData(image, 0, 0);
}

export function draw(canvas: HTMLCanvasElement, view: View, scene: Scene): void {
  const ratio = globalThis.devicePixelRatio || 1;
  const width = Math.round(canvas.clientWidth * ratio);
  const height = Math.round(canvas.clientHeight * ratio);
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, {width, height});
  const context = canvas.getContext('2d')!;
  const {points, hover, lasso} = scene;
  const n = points.length / 2;
  const zoom = Math.sqrt(view.scale / 700);
  const radius = Math.round(2 * ratio * Math.max(1.2, Math.min(6, (n > 5000 ? 1.6 : n > 800 ? 2.6 : 4) * zoom))) / 2;
  drawDots(context, view, scene, ratio, radius);
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
