/* What goes wrong while a page is drawn ends here, and leads to Status. */
import {Component, type ComponentChildren} from 'preact';
import {Button, Empty} from '../ui/parts.tsx';
import {log} from './log.ts';
import type {Page} from './route.ts';

interface Props {
  page: Page;
  children: ComponentChildren;
}

export class Boundary extends Component<Props, {error?: unknown; page?: Page}> {
  override componentDidCatch(error: unknown): void {
    log('error', `${this.props.page}: ${error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error)}`);
    this.setState({error, page: this.props.page});
  }

  override render() {
    const {error, page} = this.state;
    if (error === undefined || page !== this.props.page) return this.props.children;
    return (
      <Empty page icon="warn" title="This page has failed">
        <p>{error instanceof Error ? error.message : String(error)}</p>
        <p class="quiet">What is in your library is as it was.</p>
        <div class="row center">
          <Button kind="primary" onClick={() => this.setState({error: undefined})}>Try again</Button>
          <a class="button plain" href="#/status">What has happened</a>
        </div>
      </Empty>
    );
  }
}
