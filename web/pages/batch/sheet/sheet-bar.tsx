import type { Batch } from '../../../api/types.ts';
import { Chips } from '../../../parts/chips.tsx';
import { SearchBox } from '../../../parts/search-box.tsx';
import type { Size } from './grid.ts';
import type { Filter } from './shown.ts';

type Props = {
  batch: Batch;
  /** undefined: what is shown was found another way */
  filter: Filter | undefined;
  size: Size;
  onFilter: (filter: Filter) => void;
  onSize: (size: Size) => void;
  onFind: (text: string) => void;
};

export function SheetBar({ batch, filter, size, onFilter, onSize, onFind }: Props) {
  const { total, completed, failed, pending, processing } = batch.counts;
  const filters: { id: Filter; name: string; count: number }[] = [
    { id: 'all', name: 'All', count: total },
    { id: 'completed', name: 'Done', count: completed },
    { id: 'failed', name: 'Failed', count: failed },
    { id: 'open', name: 'To come', count: pending + processing },
  ];
  const sizes: { id: Size; name: string; label: string }[] = [
    { id: 's', name: 'S', label: 'S, small frames' },
    { id: 'm', name: 'M', label: 'M, medium frames' },
    { id: 'l', name: 'L', label: 'L, large frames' },
  ];
  return (
    <div class="sheetbar">
      <Chips label="Show" choices={filters} chosen={filter ?? ''} onChoose={(id) => onFilter(id as Filter)} />
      <SearchBox label="Row, SKU or name" onSearch={onFind} />
      <Chips
        label="Size"
        choices={sizes}
        chosen={size}
        onChoose={(id) => onSize(id as Size)}
        isHiddenOnPhones
      />
    </div>
  );
}
