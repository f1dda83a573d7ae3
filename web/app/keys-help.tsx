import { Dialog } from '../parts/dialog.tsx';
import { lettersWork, setLetters } from './shortcuts.ts';

const KEYS: [keys: string[], text: string][] = [
  [['n'], 'New batch'],
  [['b'], 'Batches'],
  [['w'], 'Webhooks'],
  [['h'], 'Hosts'],
  [['/'], 'Search on this page'],
  [['t'], 'Light or dark'],
  [['1–6'], 'Tabs of a batch'],
  [['f'], 'Next failure in the sheet'],
  [['← ↑ ↓ →'], 'Move in the sheet'],
  [['Enter'], 'Open the image'],
  [['j', 'k'], 'Next, previous image'],
  [['Esc'], 'Back to where you were'],
];

export function KeysHelp({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <dl class="keys">
        {KEYS.map(([keys, text]) => (
          <div key={text}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <label class="row small gaptop2">
        <input
          type="checkbox"
          checked={lettersWork.value}
          onChange={(event) => setLetters(event.currentTarget.checked)}
        />
        Single letters and signs work as shortcuts
      </label>
      <div class="row right gaptop">
        <button type="button" class="btn" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
