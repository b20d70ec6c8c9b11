import type { ComponentChildren } from 'preact';

/** One screen: its heading, what it says, and the one thing to do, within reach of the thumb. */
export function Screen(props: {
  /** A line above the heading that says where in the day this is. */
  above?: ComponentChildren;
  title: string;
  /** The heading is the one large thing on the screen. */
  large?: boolean;
  /** What the heading says counts no longer. */
  crossedOut?: boolean;
  children?: ComponentChildren;
  actions?: ComponentChildren;
}) {
  return (
    <>
      <div class="content">
        <header class="heading">
          {props.above ? <p class="above">{props.above}</p> : null}
          <h1 tabIndex={-1} class={props.large ? 'large' : undefined}>
            {props.crossedOut ? <del>{props.title}</del> : props.title}
          </h1>
        </header>
        {props.children}
      </div>
      {props.actions ? <div class="actions">{props.actions}</div> : null}
    </>
  );
}
