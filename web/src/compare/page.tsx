/* Compare: how alike texts are, and what the model makes of each. */
import './compare.css';
import type {Tokens} from 'lode';
import {useEffect, useState} from 'preact/hooks';
import {sharedEmbedder} from '../app/embedder.ts';
import {state} from '../app/library.ts';
import {log} from '../app/log.ts';
import {note, route} from '../app/route.ts';
import {count, milliseconds} from '../ui/format.ts';
import {ModelSelect} from '../ui/model_select.tsx';
import {Notice} from '../ui/parts.tsx';

const LEFT = 'How do I get my money back?\nThe cat sleeps on the windowsill.';
const RIGHT = 'Refunds take up to six weeks.\nA pet is napping in the sun.\nThe train leaves at noon.';
const MOST_TEXTS = 40;
const WAIT = 200; // milliseconds after the last key

interface Compared {
  left: string[];
  right: string[];
  /** [left][right] */
  cosines: number[][];
  tokens: Tokens[];
  milliseconds: number;
}

function lines(text: string): string[] {
  return text.split('\n').map((line) => line.trim()).filter((line) => line !== '').slice(0, MOST_TEXTS);
}

async function compare(model: string, left: string[], right: string[]): Promise<Compared> {
  const embedder = await sharedEmbedder(model);
  const texts = [...left, ...right];
  const began = performance.now();
  const vectors = await embedder.embed(texts);
  const took = performance.now() - began;
  const tokens = await Promise.all(texts.map((text) => embedder.tokenize(text)));
  const cosines = left.map((_, i) => right.map((__, j) => embedder.similarity(vectors.at(i)!, vectors.at(left.length + j)!)));
  return {left, right, cosines, tokens, milliseconds: took};
}

/** From paper, for 0, to the colour that stands for 1: ink can be read on all of it. */
function shade(cosine: number) {
  const share = Math.round(100 * Math.max(0, Math.min(1, cosine)));
  return {backgroundColor: `color-mix(in oklab, var(--heat) ${share}%, var(--card))`};
}

function Matrix({left, right, cosines}: Compared) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Similarity matrix">
      <table class="matrix">
        <caption class="visually-hidden">Cosine of each text on the left with each text on the right</caption>
        <thead><tr><td />{right.map((text, j) => <th scope="col" key={j}><span title={text}>{text}</span></th>)}</tr></thead>
        <tbody>{left.map((text, i) => (
          <tr key={i}><th scope="row"><span title={text}>{text}</span></th>
            {right.map((_, j) => <td key={j} style={shade(cosines[i]![j]!)}>{cosines[i]![j]!.toFixed(2)}</td>)}</tr>
        ))}</tbody>
      </table>
    </div>
  );
}

function Pieces({text, tokens}: {text: string; tokens: Tokens}) {
  return (
    <li>
      <p>{text} <span class="quiet">{count(tokens.ids.length, 'token')}{tokens.leftOut > 0 ? `, ${tokens.leftOut} left out` : ''}</span></p>
      <p class="pieces">
        {tokens.pieces.map((piece, i) => (
          <span key={i} class={tokens.special[i] ? 'special' : ''} title={`${tokens.ids[i]}: “${text.slice(tokens.start[i], tokens.end[i])}”`}>{piece}</span>
        ))}
      </p>
    </li>
  );
}

export function ComparePage() {
  const {params} = route.value;
  const a = params.get('a') ?? LEFT;
  const b = params.get('b') ?? RIGHT;
  const model = params.get('model') ?? state.value.defaultModel;
  const [compared, setCompared] = useState<Compared>();
  const [error, setError] = useState<string>();
  useEffect(() => {
    if (model === undefined) return;
    let current = true;
    const timer = setTimeout(() => {
      compare(model, lines(a), lines(b)).then((result) => {
        if (current) setCompared(result);
        setError(undefined);
      }, (failure: Error) => {
        setError(failure.message);
        log('error', `compare: ${failure.message}`);
      });
    }, compared === undefined ? 0 : WAIT);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [a, b, model]);
  const texts = compared ? [...compared.left, ...compared.right] : [];
  return (
    <div class="plain-page compare-page">
      <header class="page-head"><div class="page-title"><h1>Compare</h1>
        <p class="quiet">How alike texts are in meaning: 1 is the same, 0 has nothing to do with it. One text a line.</p></div>
        <ModelSelect value={model} onChange={(id) => note({model: id})} /></header>
      <div class="two">
        <label class="field"><span>Texts</span><textarea rows={5} value={a} onInput={({currentTarget}) => note({a: currentTarget.value})} /></label>
        <label class="field"><span>Compared with</span><textarea rows={5} value={b} onInput={({currentTarget}) => note({b: currentTarget.value})} /></label>
      </div>
      {error !== undefined && <Notice kind="error">{error}. <a href="#/status">Status</a> says more.</Notice>}
      {compared && compared.left.length > 0 && compared.right.length > 0
        ? (
          <section class="card section" aria-labelledby="similarity">
            <header><h2 id="similarity">Similarity</h2><span class="quiet number">{count(texts.length, 'text')} embedded in {milliseconds(compared.milliseconds)}</span></header>
            <Matrix {...compared} />
            <p class="legend quiet" aria-hidden="true">0 <span class="ramp" /> 1</p>
          </section>
        )
        : compared && <p class="quiet">Write a text on either side.</p>}
      {compared && texts.length > 0 && (
        <section class="card section" aria-labelledby="tokens">
          <header><h2 id="tokens">Tokens</h2><span class="quiet">What the model gets of each text</span></header>
          <ul class="tokens">{texts.map((text, i) => <Pieces key={i} text={text} tokens={compared.tokens[i]!} />)}</ul>
        </section>
      )}
    </div>
  );
}
