// The shell asks hasOverview only while it starts up; afterwards the overview is there as ever. (GNOME 40 to 44.)
/* exported init */
const Main = imports.ui.main;

class StartAtDesktop {
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

function init() {
  return new StartAtDesktop();
}
