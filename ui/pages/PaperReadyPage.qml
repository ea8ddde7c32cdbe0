// The paper has come out: shows out of which slot, and how many sheets, and asks the citizen to take them.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property PaperReadyContent shown: view as PaperReadyContent
    title: shown.title
    lead: shown.lead
    actions: shown.actions
    primaryLast: false   // most people are done: 退出 and the slip are as good as the home page
    readonly property int room: Theme.wide ? bodyItem.height : where.y - Theme.gap
    PrinterScene {
        slip: page.shown.paper === "slip"
        sheets: page.shown.sheets
        out: slip ? 330 : 430
        scale: Math.min(Theme.wide ? 0.8 : 1, page.room / height)
        x: ((Theme.wide ? where.x - 48 : parent.width) - width) / 2
        y: (page.room - height) / 2
        Accessible.role: Accessible.Graphic
        Accessible.name: page.title
    }
    Where {
        id: where
        x: Theme.wide ? parent.width - width : 0
        y: Theme.wide ? (parent.height - height) / 2 : parent.height - height
        width: Theme.wide ? 560 : parent.width
        height: implicitHeight
        to: page.shown.to
        title: page.shown.slot
        under: page.shown.count
        iconName: page.shown.paper === "slip" ? "receipt" : "printer"
    }
}
