import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { navigate } from './router.ts';

/** The file that is being checked. */
export const chosenFile = signal<File | undefined>(undefined);
/** Whether a file is being dragged over the page. */
export const isDragging = signal(false);

export function checkFile(file: File): void {
  chosenFile.value = file;
  navigate('/check');
}

const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;

/** A file dropped anywhere goes to the check. */
export function useFileDrop(): void {
  useEffect(() => {
    const end = new AbortController();
    const on = (kind: 'dragover' | 'dragleave' | 'drop', act: (event: DragEvent) => void): void =>
      addEventListener(kind, (event) => hasFiles(event) && act(event), { signal: end.signal });
    on('dragover', (event) => {
      event.preventDefault();
      isDragging.value = true;
    });
    on('dragleave', (event) => {
      if (event.relatedTarget === null) isDragging.value = false;
    });
    on('drop', (event) => {
      event.preventDefault();
      isDragging.value = false;
      const file = event.dataTransfer?.files[0];
      if (file) checkFile(file);
    });
    return () => end.abort();
  }, []);
}
