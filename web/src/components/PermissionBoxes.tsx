/** Some of the permissions, chosen by boxes. */
import type { Permission } from "@/lib/api/types";
import { PERMISSION } from "@/lib/permissions";
import styles from "./PermissionBoxes.module.css";

interface PermissionBoxesProps {
  /** Those that may be given. */
  all: readonly Permission[];
  held: readonly Permission[];
  onChange: (held: readonly Permission[]) => void;
}

export function PermissionBoxes({ all, held, onChange }: PermissionBoxesProps) {
  return (
    <fieldset className={styles.boxes}>
      <legend className={styles.legend}>Права</legend>
      {all.map((permission) => (
        <label key={permission} className={styles.box}>
          <input
            type="checkbox"
            checked={held.includes(permission)}
            onChange={(event) =>
              onChange(
                event.target.checked ? [...held, permission] : held.filter((each) => each !== permission),
              )
            }
          />
          {PERMISSION[permission]}
        </label>
      ))}
    </fieldset>
  );
}
