import { memo } from 'react';
import { Icon } from '@/components/icon';
import type { Image } from '@/lib/image';
import type { PlacedTile } from '../geometry';
import { TileImage } from './tile-image';
import styles from './tile.module.css';

/** Lower tiles have room for fewer words. */
const LOW_PX = 112;

interface TileProps {
  block: number;
  item: number;
  image: Image;
  left: number;
  top: number;
  width: number;
  height: number;
  href: string;
  /** Its number in the list, from 1. */
  position: number;
  /** Images of the list; -1 where nobody knows. */
  total: number;
  isSelected: boolean;
  /** It is the one that the Tab key leads to. */
  isActive: boolean;
  isFast: () => boolean;
}

/** One image of the grid. What is done with it, the grid hears by itself. */
export const Tile = memo(function Tile(props: TileProps) {
  const { block, item, image, left, top, width, height, isSelected, isActive } = props;
  return (
    <li
      className={`${styles.tile} ${isSelected ? (styles.selected ?? '') : ''} ${height < LOW_PX ? (styles.low ?? '') : ''}`}
      style={{ width, height, transform: `translate(${left}px, ${top}px)` }}
      aria-posinset={props.position}
      aria-setsize={props.total}
      data-place={`${block}:${item}`}
    >
      <a className={styles.link} href={props.href} tabIndex={isActive ? 0 : -1} title={image.name} draggable={false}>
        <span className="visually-hidden">{image.name}</span>
        <TileImage image={image} width={width} height={height} isFast={props.isFast} />
      </a>
      <label className={styles.check}>
        <input
          type="checkbox"
          tabIndex={-1}
          className={styles.box}
          aria-label={`Select ${image.name}`}
          checked={isSelected}
          readOnly
        />
        <span className={styles.mark} aria-hidden="true">
          <Icon name="check" size={16} />
        </span>
      </label>
    </li>
  );
});

/** The place that a `data-place` names. */
export function placeOfElement(target: EventTarget): Pick<PlacedTile, 'block' | 'item'> | null {
  const element = target instanceof Element ? target.closest<HTMLElement>('[data-place]') : null;
  const [block, item] = (element?.dataset.place ?? '').split(':').map(Number);
  return block === undefined || item === undefined ? null : { block, item };
}
