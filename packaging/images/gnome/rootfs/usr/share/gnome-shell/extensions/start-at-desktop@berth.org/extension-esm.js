// The shell asks hasOverview only while it starts up; afterwards the overview is there as ever.
// The name org.berth.DesktopShown comes to the session bus with the first full frame: screenshots wait for it. (GNOME 45 and later.)
import Gio from 'gi://Gio';
import * as Main from 'resource:///org/gnome/shell/ui/main.js';
import {Extension} from 'resource:///org/gnome/shell/extensions/extension.js';

let shown = false;

export default class StartAtDesktop extends Extension {
  enable() {
    if (shown) return;
    if (!Main.layoutManager._startingUp) {
      this._shown();
      return;
    }
    Main.sessionMode.hasOverview = false;
    this._complete = Main.layoutManager.connect('startup-complete', () => this._shown());
  }

  disable() {
    this._restore();
  }

  _shown() {
    shown = true;
    this._restore();
    // On a slow machine the shell may have asked before this extension was loaded, and begun with the overview.
    Main.overview.hide();
    const painted = global.stage.connect('after-paint', () => {
      global.stage.disconnect(painted);
      Gio.bus_own_name_on_connection(Gio.DBus.session, 'org.berth.DesktopShown', Gio.BusNameOwnerFlags.NONE, null, null);
    });
    global.stage.queue_redraw();
  }

  _restore() {
    Main.sessionMode.hasOverview = true;
    if (this._complete) Main.layoutManager.disconnect(this._complete);
    this._complete = 0;
  }
}
