/** Every key beside what it does. */
import { Fragment } from "react";
import { Dialog } from "@/components/Dialog";
import { SHEET } from "@/lib/keyboard/keymap";
import styles from "./ShortcutSheet.module.css";

export function ShortcutSheet({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Dialog title="Клавиши" isOpen={isOpen} onClose={onClose}>
      <dl className={styles.sheet}>
        {SHEET.map((line) => (
          <Fragment key={line.does}>
            <dt>
              {line.keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{line.does}</dd>
          </Fragment>
        ))}
      </dl>
      <p className={styles.note}>
        Работают и в русской раскладке. Одиночные клавиши действуют, когда курсор не стоит в поле ввода.
      </p>
    </Dialog>
  );
}
