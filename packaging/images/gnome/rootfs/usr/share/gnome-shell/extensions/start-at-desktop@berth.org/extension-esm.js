// The shell asks hasOverview only while it starts up; afterwards the overview is there as ever. (GNOME 45 and later.)
import * as Main from 'resource:///org/gnome/shell/ui/main.js';
import {Extension} from 'resource:///org/gnome/shell/extensions/extension.js';

export default class StartAtDesktop extends Extension {
  enable() {
    if (!Main.layoutManager._startingUp) return;
    Main.sessionMode.hasOverview = false;
    this._complete = Main.layoutManager.connect('startup-complete', () => this._restore());
  }

  disable() {
    this._restore();
  }

  _restore() {
    Main.sessionMode.hasOverview = true;
    if (this._complete) Main.layoutManager.disconnect(this._complete);
    this._complete = 0;
  }
}
