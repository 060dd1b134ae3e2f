/** A button shown as an icon; its name is its label and its tooltip. */
import { Tooltip, TooltipTrigger, type ButtonProps } from "react-aria-components";
import { Button } from "./Button";
import styles from "./IconButton.module.css";

interface IconButtonProps extends Omit<ButtonProps, "className" | "style" | "children" | "aria-label"> {
  label: string;
  icon: React.ReactNode;
  size?: "normal" | "small";
}

export function IconButton({ label, icon, size = "small", ...props }: IconButtonProps) {
  return (
    <TooltipTrigger delay={500}>
      <Button {...props} weight="ghost" size={size} aria-label={label} icon={icon} />
      <Tooltip className={styles.tooltip ?? ""} offset={6}>
        {label}
      </Tooltip>
    </TooltipTrigger>
  );
}
