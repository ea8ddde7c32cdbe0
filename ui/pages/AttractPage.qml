// The first page: what can be done here now, and waits until a citizen touches the screen.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

BarePage {
    id: page
    readonly property AttractContent shown: view as AttractContent
    leave: !Theme.wide  // lowered and wide, the switches stand beside the button

    AttractScene {
        anchors.fill: parent
        lines: page.shown.lines
        lead: page.shown.lead
        fault: page.shown.fault
        start: page.shown.start
        without: page.shown.public
        notices: CurrentPage.notices
        bulletins: CurrentPage.bulletins
        clock: page.shown.clock
        hours: page.shown.hours
        now: page.shown.now
        possible: page.shown.possible
        staff: page.shown.staff
        onAskedForStaff: CurrentPage.answer("staff")
        onBegun: CurrentPage.answer("start")
        onAskedWithout: CurrentPage.answer("public")
    }
}
