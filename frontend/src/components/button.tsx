import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { Link } from 'wouter';
import styles from './button.module.css';
import { Icon, type IconName } from './icon';

export type ButtonKind = 'primary' | 'secondary' | 'quiet' | 'danger';

function classes(kind: ButtonKind, isIcon = false): string {
  return [styles.button, styles[kind], isIcon ? styles.icon : ''].join(' ');
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: ButtonKind;
  icon?: IconName;
}

/** A button with words. */
export function Button({ kind = 'secondary', icon, children, type = 'button', ...rest }: ButtonProps) {
  return (
    <button type={type} className={classes(kind)} {...rest}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** What it does: its name for whoever does not see the icon, and its tooltip. */
  label: string;
  icon: IconName;
}

/** A button that is only an icon. */
export function IconButton({ label, icon, type = 'button', ...rest }: IconButtonProps) {
  return (
    <button type={type} className={classes('quiet', true)} aria-label={label} title={label} {...rest}>
      <Icon name={icon} />
    </button>
  );
}

interface ButtonLinkProps {
  to: string;
  kind?: ButtonKind;
  icon?: IconName;
  children: ReactNode;
}

/** Looks like a button, leads to another page of this app. */
export function ButtonLink({ to, kind = 'secondary', icon, children }: ButtonLinkProps) {
  return (
    <Link href={to} className={classes(kind)}>
      {icon && <Icon name={icon} />}
      {children}
    </Link>
  );
}

interface ExternalLinkProps {
  href: string;
  icon?: IconName;
  /** Saves instead of opening. */
  download?: boolean;
  children: ReactNode;
}

/** Looks like a button, leads out of this app in a tab of its own, or saves a file. */
export function ExternalButton({ href, icon, download, children }: ExternalLinkProps) {
  const target = download ? { download: '' } : { target: '_blank' };
  return (
    <a href={href} rel="noopener noreferrer" className={classes('secondary')} {...target}>
      {icon && <Icon name={icon} />}
      {children}
    </a>
  );
}
