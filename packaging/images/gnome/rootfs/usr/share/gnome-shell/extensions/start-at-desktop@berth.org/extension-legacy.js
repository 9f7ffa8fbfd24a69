// The shell asks hasOverview only while it starts up; afterwards the overview is there as ever.
// The name org.berth.DesktopShown comes to the session bus with the first full frame: screenshots wait for it. (GNOME 40 to 44.)
/* exported init */
const {Gio} = imports.gi;
const Main = imports.ui.main;

class StartAtDesktop {
  enable() {
    if (!Main.layoutManager._startingUp) return;
    Main.sessionMode.hasOverview = false;
    this._complete = Main.layoutManager.connect('startup-complete', () => this._shown());
  }

  disable() {
    this._restore();
  }

  _shown() {
    this._restore();
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

function init() {
  return new StartAtDesktop();
}
