import {state} from '../app/library.ts';
import {bytes} from './format.ts';

/** Those that are complete. */
export function ModelSelect({value, onChange}: {value: string | undefined; onChange(id: string): void}) {
  return (
    <select aria-label="Model" value={value} onChange={({currentTarget}) => onChange(currentTarget.value)}>
      {state.value.models.filter((model) => model.state === 'ready').map(({id, name, bytes: size}) => (
        <option value={id}>{name} ({bytes(size)})</option>
      ))}
    </select>
  );
}
