import { useState } from 'react';
import { IconButton } from '@/components/button';
import type { IconName } from '@/components/icon';
import { chooseTheme, readTheme, type ThemeChoice } from './theme';

const NEXT: Record<ThemeChoice, ThemeChoice> = { system: 'light', light: 'dark', dark: 'system' };
const ICONS: Record<ThemeChoice, IconName> = { system: 'system', light: 'sun', dark: 'moon' };
const NAMES: Record<ThemeChoice, string> = { system: 'as the system', light: 'light', dark: 'dark' };

/** Goes round: as the system, light, dark. */
export function ThemeButton() {
  const [choice, setChoice] = useState(readTheme);
  return (
    <IconButton
      icon={ICONS[choice]}
      label={`Colours: ${NAMES[choice]}. Change to ${NAMES[NEXT[choice]]}`}
      onClick={() => {
        chooseTheme(NEXT[choice]);
        setChoice(NEXT[choice]);
      }}
    />
  );
}
