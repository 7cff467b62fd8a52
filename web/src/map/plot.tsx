/* The map itself: zoom by wheel, pinch and keys, drag to move, hover for names, a lasso to choose. */
import {useEffect, useRef, useState} from 'preact/hooks';
import {theme} from '../app/theme.ts';
import {go} from '../app/route.ts';
import {titleOf} from '../search/result.tsx';
import {Button} from '../ui/parts.tsx';
import type {DocumentRow} from '../worker/types.ts';
import type {MapData} from './build.ts';

import {ASPECT, Grid, draw, inside, type Scene, type View} from './view.ts';

const EDGE = 56; // pixels that are kept free, on both sides together
const REACH = 14; // pixels around the pointer
const PAN = 60;
const STEP = 1.3;
const LEAST = 80;
const MOST = 60_000;

interface PlotProps {
  data: MapData;
  groups: Uint8Array;
  chosen: Uint8Array | undefined;
  lassoing: boolean;
  onChoose(rows: DocumentRow[]): void;
}

/** From the style sheet: canvases know no variables. */
function coloursOf(element: Element): {colours: string[]; ink: string; paper: string; faint: string} {
  const style = getComputedStyle(element);
  const value = (name: string) => {
    const probe = document.createElement('span');
    probe.style.color = `var(${name})`;
    element.append(probe);
    const {color} = getComputedStyle(probe);
    probe.remove();
    return color;
  };
  return {colours: Array.from({length: 8}, (_, i) => value(`--group-${i}`)), ink: style.color, paper: value('--card'), faint: value('--group-faint')};
}

export function Plot({data, groups, chosen, lassoing, onChoose}: PlotProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [hover, setHover] = useState(-1);
  const state = useRef({view: {scale: 1, x: 0, y: 0} as View, lasso: [] as {x: number; y: number}[], pointers: new Map<number, {x: number; y: number}>(), moved: false, frame: 0, hover: -1});
  const grid = useRef<Grid | undefined>(undefined);
  const scene = useRef<Scene | undefined>(undefined);
  const {rows, points} = data;

  const paint = () => {
    const now = state.current;
    now.frame ||= requestAnimationFrame(() => {
      now.frame = 0;
      if (canvas.current && scene.current) draw(canvas.current, now.view, {...scene.current, hover: now.hover, lasso: now.lasso});
    });
  };
  const fit = () => {
    if (canvas.current === null) return;
    const {clientWidth: width, clientHeight: height} = canvas.current;
    const scale = Math.max(LEAST, Math.min((width - EDGE) / ASPECT, height - EDGE));
    state.current.view = {scale, x: (width - scale * ASPECT) / 2, y: (height - scale) / 2};
    paint();
  };
  const zoom = (factor: number, x = canvas.current!.clientWidth / 2, y = canvas.current!.clientHeight / 2) => {
    const {view} = state.current;
    const scale = Math.max(LEAST, Math.min(MOST, view.scale * factor));
    const by = scale / view.scale;
    state.current.view = {scale, x: x - (x - view.x) * by, y: y - (y - view.y) * by};
    paint();
  };
  const pan = (x: number, y: number) => {
    const {view} = state.current;
    state.current.view = {...view, x: view.x + x, y: view.y + y};
    paint();
  };
  const onMap = ({x, y}: {x: number; y: number}) => {
    const {view} = state.current;
    return {x: (x - view.x) / view.scale, y: (y - view.y) / view.scale};
  };
  const placeOf = (event: PointerEvent | WheelEvent) => {
    const {left, top} = canvas.current!.getBoundingClientRect();
    return {x: event.clientX - left, y: event.clientY - top};
  };

  useEffect(() => {
    grid.current = new Grid(points);
    fit();
  }, [points]);
  useEffect(() => {
    scene.current = {points, groups, chosen, hover: -1, lasso: [], ...coloursOf(canvas.current!.parentElement!)};
    paint();
  }, [points, groups, chosen, theme.value]);
  useEffect(() => {
    const observer = new ResizeObserver(fit);
    observer.observe(canvas.current!);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const recolour = () => {
      if (scene.current) Object.assign(scene.current, coloursOf(canvas.current!.parentElement!));
      paint();
    };
    dark.addEventListener('change', recolour);
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const {x, y} = placeOf(event);
      zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)), x, y);
    };
    const element = canvas.current!;
    element.addEventListener('wheel', wheel, {passive: false});
    return () => {
      observer.disconnect();
      dark.removeEventListener('change', recolour);
      element.removeEventListener('wheel', wheel);
      cancelAnimationFrame(state.current.frame);
    };
  }, []);

  const look = (event: PointerEvent) => {
    const {x, y} = onMap(placeOf(event));
    const found = grid.current?.nearest(x, y, REACH / state.current.view.scale) ?? -1;
    if (found === state.current.hover) return;
    state.current.hover = found;
    setHover(found);
    paint();
  };
  const down = (event: PointerEvent) => {
    canvas.current!.setPointerCapture(event.pointerId);
    state.current.pointers.set(event.pointerId, placeOf(event));
    state.current.moved = false;
    if (lassoing || event.shiftKey) state.current.lasso = [onMap(placeOf(event))];
  };
  const move = (event: PointerEvent) => {
    const now = state.current;
    const last = now.pointers.get(event.pointerId);
    const place = placeOf(event);
    if (last === undefined) {
      look(event);
      return;
    }
    if (Math.hypot(place.x - last.x, place.y - last.y) > 2) now.moved = true;
    if (now.lasso.length > 0) {
      now.lasso.push(onMap(place));
      paint();
    } else if (now.pointers.size === 2) {
      const [other] = [...now.pointers].filter(([id]) => id !== event.pointerId).map(([, each]) => each);
      const before = Math.hypot(last.x - other!.x, last.y - other!.y);
      const after = Math.hypot(place.x - other!.x, place.y - other!.y);
      zoom(after / Math.max(before, 1), (place.x + other!.x) / 2, (place.y + other!.y) / 2);
    } else {
      pan(place.x - last.x, place.y - last.y);
    }
    now.pointers.set(event.pointerId, place);
  };
  const up = (event: PointerEvent) => {
    const now = state.current;
    now.pointers.delete(event.pointerId);
    const {lasso} = now;
    now.lasso = [];
    if (lasso.length > 2) {
      onChoose(rows.filter((_, i) => inside(points[2 * i]!, points[2 * i + 1]!, lasso)));
    } else if (!now.moved && now.hover >= 0) {
      const {collection, id} = rows[now.hover]!;
      go('search', {c: collection, open: `${collection}:${id}`});
    }
    paint();
  };
  const key = (event: KeyboardEvent) => {
    const actions: Record<string, () => void> = {
      '+': () => zoom(STEP), '=': () => zoom(STEP), '-': () => zoom(1 / STEP), '0': fit,
      ArrowLeft: () => pan(PAN, 0), ArrowRight: () => pan(-PAN, 0), ArrowUp: () => pan(0, PAN), ArrowDown: () => pan(0, -PAN),
    };
    const action = actions[event.key];
    if (action === undefined || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    action();
  };

  const named = rows[hover];
  return (
    <div class="plot">
      <canvas ref={canvas} class={lassoing ? 'lassoing' : ''} tabIndex={0} role="img" aria-keyshortcuts="+ - 0 ArrowLeft ArrowRight ArrowUp ArrowDown"
        aria-label={`Map of ${rows.length} documents: those that are alike lie together. Arrow keys move it, plus and minus zoom.`}
        onPointerDown={down} onPointerMove={move} onPointerUp={up} onPointerCancel={up}
        onPointerLeave={() => {
          state.current.hover = -1;
          setHover(-1);
          paint();
        }} onKeyDown={key} />
      <div class="plot-tools">
        <Button icon="add" label="Zoom in" onClick={() => zoom(STEP)} />
        <Button label="Zoom out" icon="minus" onClick={() => zoom(1 / STEP)} />
        <Button label="Show all" icon="fit" onClick={fit} />
      </div>
      {named && <p class="plot-name"><b>{titleOf(named)}</b> <span class="quiet">{named.id}</span></p>}
    </div>
  );
}
