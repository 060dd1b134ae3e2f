/** A button in one of four weights. */
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from "react-aria-components";
import { Spinner } from "./Spinner";
import styles from "./Button.module.css";

interface ButtonProps extends Omit<AriaButtonProps, "className" | "style" | "children"> {
  weight?: "primary" | "plain" | "ghost" | "danger";
  size?: "normal" | "small";
  icon?: React.ReactNode;
  children?: React.ReactNode;
}

export function Button({ weight = "plain", size = "normal", icon, children, ...props }: ButtonProps) {
  return (
    <AriaButton {...props} className={`${styles.button} ${styles[weight]} ${styles[size]}`}>
      {({ isPending }) => (
        <>
          {isPending ? <Spinner /> : icon}
          {children !== undefined && <span>{children}</span>}
        </>
      )}
    </AriaButton>
  );
}
