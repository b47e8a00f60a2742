import { useMutation, useQueryClient } from '@tanstack/react-query';
import { request } from '@/lib/api';
import type { Wire } from '@/lib/wire';

export interface StartImport {
  link: string;
  isRecursive: boolean;
}

export type ImportStarted = Wire['ImportStarted'];

function startImport({ link, isRecursive }: StartImport): Promise<ImportStarted> {
  return request<ImportStarted>('/import/google-drive', {
    method: 'POST',
    body: { folder_url: link, ...(isRecursive ? { recursive: true } : {}) },
  });
}

export function useStartImport() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: startImport,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['jobs', 'list'] });
      // what is known changes with every import
      client.removeQueries({ queryKey: ['preview'], type: 'inactive' });
    },
  });
}
