/** What may be done with the selected rows; it stands where the filters stand while nothing is selected. */
import { X } from "lucide-react";
import { useEffect } from "react";
import { Button } from "@/components/Button";
import { IconButton } from "@/components/IconButton";
import { announce } from "@/lib/announce";
import { BULK_ITEMS_MAX } from "@/lib/bulk-choice";
import { grouped } from "@/lib/format/count";
import styles from "./SelectionBar.module.css";

interface SelectionBarProps {
  count: number;
  isWhole: boolean;
  loaded: number;
  total: number | undefined;
  onLoaded: () => void;
  onWhole: () => void;
  onAnswer: () => void;
  onClose: () => void;
}

export function SelectionBar(props: SelectionBarProps) {
  const { count, isWhole, loaded, total, onLoaded, onWhole, onAnswer, onClose } = props;
  const chosen = isWhole && total !== undefined ? total : count;
  const told = `Выбрано ${grouped(chosen)}`;
  const isTooMuch = total !== undefined && total > BULK_ITEMS_MAX;
  useEffect(() => announce(told), [told]);
  return (
    <header className={styles.bar} role="toolbar" aria-label="Выбранные обращения">
      <strong className={styles.count}>{told}</strong>
      <IconButton label="Снять выбор" icon={<X size={14} />} onPress={onClose} />
      <div className={styles.actions}>
        {!isWhole && count < loaded && loaded !== total && (
          <Button size="small" onPress={onLoaded}>
            Выбрать загруженные {grouped(loaded)}
          </Button>
        )}
        {!isWhole && total !== undefined && count < total && (
          <Button size="small" isDisabled={isTooMuch} onPress={onWhole}>
            Выбрать все {grouped(total)} по фильтру
          </Button>
        )}
        <Button weight="primary" size="small" onPress={onAnswer}>
          Ответить всем…
        </Button>
      </div>
      {isTooMuch && (
        <span className={styles.quiet}>
          За один раз — до {grouped(BULK_ITEMS_MAX)}: сузьте фильтр, чтобы выбрать все
        </span>
      )}
    </header>
  );
}
