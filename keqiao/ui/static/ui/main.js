// The one script of every page; each module looks after one thing and finds its own elements.
import "./dialogs.js";
import "./toasts.js";
import "./menus.js";
import "./preferences.js";
import "./commands.js";
import "./selection.js";
import "./panel.js";
import "./position.js";
import "./shortcuts.js";
import "./forms.js";
import "./combobox.js";
import "./inputs.js";
import "./poll.js";
import "./help.js";
import "./favourites.js";
import "./install.js";
import "./bell.js";
