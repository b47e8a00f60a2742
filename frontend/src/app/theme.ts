/** Light, dark, or as the system has it. Set on the root element before anything is drawn. */

import { keep, readKept } from '@/lib/browser-store';

export type ThemeChoice = 'system' | 'light' | 'dark';

const KEY = 'image-import.theme';
const system = window.matchMedia('(prefers-color-scheme: dark)');

export function readTheme(): ThemeChoice {
  const kept = readKept(KEY);
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

export function chooseTheme(choice: ThemeChoice): void {
  keep(KEY, choice === 'system' ? null : choice);
  applyTheme();
}

/** Applies the choice now, and follows the system from now on. Called once, at the start. */
export function startTheme(): void {
  applyTheme();
  system.addEventListener('change', applyTheme);
}

function applyTheme(): void {
  const choice = readTheme();
  const isDark = choice === 'system' ? system.matches : choice === 'dark';
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
}
